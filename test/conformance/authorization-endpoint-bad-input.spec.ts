import { DataSource } from 'typeorm';
import {
  answersTo,
  ask,
  expectErrorPage,
  expectErrorRedirect,
  INSIDE,
  responseIn,
} from '../support/authorization-answers.js';
import {
  authorizationRequest,
  Browser,
  form,
  ISSUER,
  newVerifier,
  readQuestion,
  REDIRECT_URI,
  registerClient,
  startAuthorizationServer,
  type TestClient,
} from '../support/authorization-server.js';
import type { Instance } from '../support/instances.js';

/** What is left when the browser was sent to sign in: a question, and nothing in the database. */
const ASKED = 'is asked to sign in';

/** Everything that a login may write. */
const TABLES = [
  'authorization_codes',
  'changes',
  'consents',
  'grants',
  'login_sessions',
  'opaque_tokens',
  'user_tokens',
];

const HOSTILE = '"><script>alert(1)</script>\r\nSet-Cookie: a=b\r\n\r\n\0\u202e\u{1f4a5}';

type Outcome = readonly [where: 'page' | 'redirect', error: string] | typeof ASKED;
const invalid: Outcome = ['redirect', 'invalid_request'];
const page = (error: string): Outcome => ['page', error];
const redirect = (error: string): Outcome => ['redirect', error];

/** RFC 6749 §4.1.1, RFC 7636 §4.3: what becomes of a request when one parameter is wrong. */
const parameters: readonly {
  readonly name: string;
  readonly missing: Outcome;
  readonly doubled: Outcome;
  readonly oversized: Outcome;
  readonly hostile: Outcome;
}[] = [
  {
    name: 'response_type',
    missing: invalid,
    doubled: invalid,
    oversized: redirect('unsupported_response_type'),
    hostile: redirect('unsupported_response_type'),
  },
  {
    name: 'client_id',
    missing: page('invalid_request'),
    doubled: page('invalid_request'),
    oversized: page('invalid_client'),
    hostile: page('invalid_client'),
  },
  {
    name: 'redirect_uri',
    missing: page('invalid_request'),
    doubled: page('invalid_request'),
    oversized: page('invalid_redirect_uri'),
    hostile: page('invalid_redirect_uri'),
  },
  {
    name: 'scope',
    missing: ASKED,
    doubled: invalid,
    oversized: redirect('invalid_scope'),
    hostile: redirect('invalid_scope'),
  },
  { name: 'state', missing: ASKED, doubled: invalid, oversized: ASKED, hostile: ASKED },
  {
    name: 'code_challenge',
    missing: invalid,
    doubled: invalid,
    oversized: invalid,
    hostile: invalid,
  },
  {
    name: 'code_challenge_method',
    missing: invalid,
    doubled: invalid,
    oversized: invalid,
    hostile: invalid,
  },
];

describe('Bad input to the authorization endpoint', () => {
  let server: Instance;
  let shop: TestClient;
  let request: Record<string, string>;
  let before: unknown;

  const rows = async () => {
    const database = server.get(DataSource);
    const counts = TABLES.map(async (table) => [
      table,
      (await database.query(`SELECT count(*) FROM sallyport.${table}`)) as unknown,
    ]);
    return Object.fromEntries(await Promise.all(counts)) as unknown;
  };

  beforeAll(async () => {
    server = await startAuthorizationServer({ adapter: 'fastify', stores: { kind: 'pglite' } });
    shop = await registerClient(server);
    request = authorizationRequest(shop, newVerifier());
    before = await rows();
  });
  afterAll(() => server.app.close());
  afterEach(async () => {
    expect(await rows()).toEqual(before);
  });

  const expectOutcome = async (
    sent: Readonly<Record<string, string | readonly string[]>>,
    outcome: Outcome,
    state: string | null,
  ) => {
    const answer = await ask(server, sent);
    if (outcome === ASKED) {
      expect(answer.status).toBe(303);
      expect(responseIn(answer)?.to).toContain(`${ISSUER}/interaction/`);
    } else if (outcome[0] === 'page') {
      expectErrorPage(answer, outcome[1]);
    } else {
      expectErrorRedirect(answer, outcome[1], { to: REDIRECT_URI, state });
    }
    expect(answer.headers.getSetCookie().join()).not.toMatch(/(^|,)a=b/);
    expect(answer.text).not.toContain('<script>');
  };

  describe.each(parameters)('$name', ({ name, missing, doubled, oversized, hostile }) => {
    const isState = name === 'state';

    it('that is missing or empty', async () => {
      const { [name]: _, ...others } = request;
      await expectOutcome(others, missing, isState ? null : 'state-1');
      await expectOutcome({ ...request, [name]: '' }, missing, isState ? null : 'state-1');
    });

    it('that comes twice', async () => {
      const value = request[name] ?? '';
      // Of two states neither is the client's.
      const state = isState ? null : 'state-1';
      await expectOutcome({ ...request, [name]: [value, value] }, doubled, state);
      await expectOutcome({ ...request, [name]: [value, 'other'] }, doubled, state);
      await expectOutcome({ ...request, [name]: ['', value] }, doubled, state);
    });

    it('of 10 kB', async () => {
      await expectOutcome({ ...request, [name]: 'a'.repeat(10_000) }, oversized, 'state-1');
    });

    it('of 100 kB, which is no request line any more (RFC 9110 §4.1)', async () => {
      const answer = await ask(server, { ...request, [name]: 'a'.repeat(100_000) });
      expect([414, 431]).toContain(answer.status);
      expect(answer.headers.get('location')).toBeNull();
      expect(answer.text).not.toMatch(INSIDE);
    });

    it('of hostile bytes', async () => {
      await expectOutcome({ ...request, [name]: HOSTILE }, hostile, 'state-1');
      await expectOutcome(
        { ...request, [name]: `${request[name] ?? ''}${HOSTILE}` },
        hostile,
        'state-1',
      );
    });
  });

  it.each([
    ['request', 'eyJhbGciOiJub25lIn0.e30.', 'request_not_supported'],
    ['request_uri', 'https://shop.test/request', 'request_uri_not_supported'],
    ['registration', '{}', 'registration_not_supported'],
    ['prompt', 'sometimes', 'invalid_request'],
    ['prompt', 'none login', 'invalid_request'],
    ['max_age', '-1', 'invalid_request'],
    ['max_age', 'soon', 'invalid_request'],
    ['resource', 'https://elsewhere.test', 'invalid_target'],
    ['resource', 'no uri', 'invalid_target'],
    ['scope', 'sallyport:admin', 'invalid_scope'],
    ['scope', 'invoices:read unknown', 'invalid_scope'],
    ['response_mode', 'web_message', 'unsupported_response_mode'],
    ['response_mode', 'jwt', 'unsupported_response_mode'],
    ['id_token_hint', 'no token', 'invalid_request'],
  ])('%s=%s goes back to the client as %s', async (name, value, error) => {
    await expectOutcome({ ...request, [name]: value }, redirect(error), 'state-1');
  });

  it('percent signs that encode nothing are an error of the sender', async () => {
    for (const query of [
      '%',
      '%zz=%',
      'client_id=%ff%fe',
      '=&=&&&',
      'client_id[]=shop',
      '__proto__=x',
    ]) {
      const response = await fetch(`${server.url}/oauth/authorize?${query}`, {
        redirect: 'manual',
      });
      expect(response.status).toBe(400);
      expect(response.headers.get('location')).toBeNull();
      expect(await response.text()).not.toMatch(INSIDE);
    }
  });

  it('only GET is an authorization request', async () => {
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
      const answer = await fetch(`${server.url}/oauth/authorize?${form(request).toString()}`, {
        method,
        redirect: 'manual',
      });
      expect([404, 405]).toContain(answer.status);
    }
  });
});

describe('Odd input to the authorization endpoint', () => {
  let server: Instance;
  let shop: TestClient;

  beforeAll(async () => {
    server = await startAuthorizationServer();
    shop = await registerClient(server);
  });
  afterAll(() => server.app.close());

  it.each([
    ['long', 'a'.repeat(10_000)],
    ['hostile', HOSTILE],
  ])('a %s state comes back as it went, with the code', async (_, state) => {
    const url = await new Browser(server).visit({
      ...authorizationRequest(shop, newVerifier()),
      state,
    });
    expect(url.searchParams.get('state')).toBe(state);
    expect(url.searchParams.getAll('code')).toHaveLength(1);
  });

  it('a login_hint is only text on the page', async () => {
    const browser = new Browser(server);
    const request = { ...authorizationRequest(shop, newVerifier()), login_hint: HOSTILE };
    const started = await browser.open(`/oauth/authorize?${form(request).toString()}`);
    const { status, text } = await browser.open(started.headers.get('location') ?? '');
    expect(status).toBe(200);
    expect(text).toContain('value="&quot;&gt;&lt;script&gt;');
    expect(text).not.toContain('<script>');
    expect(readQuestion(text)?.asks).toBe('login');
  });

  it('a request without scope is for all that the client may have (RFC 6749 §3.3)', async () => {
    const body = await new Browser(server).login(shop, { scope: '' });
    expect(body.scope).toBe('invoices:read invoices:write');
  });

  it('a request without scope asks the user about all of it', async () => {
    const partner = await registerClient(server, 'partner', { isThirdParty: true });
    const browser = new Browser(server);
    await browser.login(partner, { scope: 'invoices:read' });
    const answers = await answersTo(browser, (own) => own.login(partner, { scope: '' }));
    const questions = answers.filter(({ text }) => readQuestion(text)?.asks === 'consent');
    expect(questions).toHaveLength(1);
    for (const value of ['invoices:read', 'invoices:write']) {
      expect(questions[0]?.text).toContain(value);
    }
  });
});
