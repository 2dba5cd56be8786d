const READ = 'invoices:read';
const WRITE = 'invoices:write';
const APPROVE = 'invoices:approve';

export interface DemoClient {
  readonly clientId: string;
  readonly name: string;
  readonly type: 'public' | 'confidential';
  readonly isThirdParty: boolean;
  readonly scope: readonly string[];
  readonly grantTypes: readonly string[];
  readonly redirectUris: readonly string[];
  /** Resource indicators that it serves. */
  readonly resources: readonly string[];
  /** Whether the seed issues it an API key. */
  readonly hasApiKey: boolean;
  /** Whether that key may only sign requests. */
  readonly signs: boolean;
  /** Whether the seed issues it a client secret. */
  readonly hasSecret: boolean;
}

const client = (
  clientId: string,
  name: string,
  rest: Partial<Omit<DemoClient, 'clientId' | 'name'>>,
): DemoClient => ({
  clientId,
  name,
  type: 'confidential',
  isThirdParty: false,
  scope: [],
  grantTypes: [],
  redirectUris: [],
  resources: [],
  hasApiKey: false,
  signs: false,
  hasSecret: false,
  ...rest,
});

const CODE = ['authorization_code', 'refresh_token'];

/** The apps of the demo, and the most that each may ever do. `api` is the API's own resource indicator. */
export const demoClients = (api: string): readonly DemoClient[] => [
  client('backoffice-web', 'Back office', {
    scope: [READ, WRITE, APPROVE],
    grantTypes: CODE,
    redirectUris: ['http://localhost:4000/callback'],
    hasApiKey: true,
    hasSecret: true,
  }),
  client('mobile-app', 'Mobile app', {
    type: 'public',
    scope: [READ, WRITE],
    grantTypes: CODE,
    redirectUris: ['com.example.invoices:/callback', 'http://127.0.0.1/callback'],
  }),
  client('nightly-job', 'Nightly job', {
    scope: [READ, 'reports:read'],
    grantTypes: ['client_credentials'],
    hasApiKey: true,
    hasSecret: true,
  }),
  client('partner', 'Partner', {
    isThirdParty: true,
    scope: [READ, WRITE],
    hasApiKey: true,
    signs: true,
  }),
  client('gateway', 'Gateway', { resources: [api], hasSecret: true }),
  client('operator', 'Operator', { scope: ['sallyport:admin'], hasApiKey: true }),
];

export interface DemoUser {
  readonly username: string;
  readonly department: string;
  /** Role by client: the same person may be admin in one app and viewer in another. */
  readonly roles: Readonly<Record<string, string>>;
}

export const DEMO_USERS: readonly DemoUser[] = [
  {
    username: 'alice',
    department: 'Finance',
    roles: { 'mobile-app': 'viewer', 'backoffice-web': 'admin' },
  },
  {
    username: 'bob',
    department: 'Finance',
    roles: { 'mobile-app': 'editor', 'backoffice-web': 'editor' },
  },
  {
    username: 'carol',
    department: 'Sales',
    roles: { 'mobile-app': 'viewer', 'backoffice-web': 'viewer' },
  },
];

export const DEMO_INVOICES: readonly {
  readonly department: string;
  readonly amountCents: number;
  readonly currency: string;
}[] = [
  { department: 'Finance', amountCents: 125_000, currency: 'EUR' },
  { department: 'Finance', amountCents: 4_990, currency: 'EUR' },
  { department: 'Finance', amountCents: 78_050, currency: 'USD' },
  { department: 'Sales', amountCents: 250_000, currency: 'EUR' },
  { department: 'Sales', amountCents: 19_900, currency: 'EUR' },
];
