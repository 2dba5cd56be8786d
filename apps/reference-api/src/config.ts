import { SallyportError } from '@sallyport/nest';

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

const ADAPTERS = ['express', 'fastify'] as const;

export type LogLevel = (typeof LOG_LEVELS)[number];
export type Adapter = (typeof ADAPTERS)[number];

/** PGlite and memory, on this machine alone; or PostgreSQL and Redis. */
export type StoresConfig =
  | { readonly kind: 'embedded' }
  | { readonly kind: 'real'; readonly databaseUrl: string; readonly redisUrl: string };

export interface AppConfig {
  /** Anything but `SALLYPORT_ENV=development` is production. */
  readonly isDevelopment: boolean;
  readonly adapter: Adapter;
  readonly host: string;
  readonly port: number;
  /** What callers write before the path; also the audience of tokens. */
  readonly publicOrigin: string;
  /** `iss` of our tokens, and the URL under which the authorization server is found. */
  readonly issuer: string;
  /** Home of what development keeps: PGlite, the demo's secrets, the key-encryption key. */
  readonly dataDir: string;
  readonly stores: StoresConfig;
  /** Key-encryption keys; null in development, where one is made in `dataDir`. */
  readonly kek: string | null;
  readonly trustedProxies: readonly string[];
  readonly logLevel: LogLevel;
  /** Whether `/docs` is served. */
  readonly hasDocs: boolean;
}

export const APP_CONFIG = Symbol('AppConfig');

export type Environment = Readonly<Record<string, string | undefined>>;

/** Reads the whole environment. Throws ERR_OPTIONS_INVALID that lists every mistake; values are never quoted, as some are secrets. */
export function readConfig(environment: Environment): AppConfig {
  const mistakes: string[] = [];
  // An empty variable counts as unset: container tools write them so.
  const read = (name: string): string | undefined => {
    const text = environment[name]?.trim();
    return text === '' ? undefined : text;
  };

  const isDevelopment = read('SALLYPORT_ENV') === 'development';
  const port = readPort(read('PORT') ?? '3000', mistakes);
  const publicOrigin = readOrigin(read('PUBLIC_ORIGIN'), { isDevelopment, port }, mistakes);
  const config: AppConfig = {
    isDevelopment,
    adapter: readChoice('ADAPTER', read('ADAPTER') ?? 'express', ADAPTERS, mistakes),
    host: read('HOST') ?? (isDevelopment ? '127.0.0.1' : '0.0.0.0'),
    port,
    publicOrigin,
    issuer: `${publicOrigin}/oauth`,
    dataDir: read('DATA_DIR') ?? '.data',
    stores: readStores(read('DATABASE_URL'), read('REDIS_URL'), isDevelopment, mistakes),
    kek: read('SALLYPORT_KEK') ?? null,
    trustedProxies: read('TRUSTED_PROXIES')?.split(/[\s,]+/) ?? [],
    logLevel: readChoice('LOG_LEVEL', read('LOG_LEVEL') ?? 'info', LOG_LEVELS, mistakes),
    hasDocs: readSwitch('DOCS', read('DOCS'), isDevelopment, mistakes),
  };
  if (!isDevelopment && config.kek === null) {
    mistakes.push('SALLYPORT_KEK is required: a list of `kid:base64url(32 bytes)`');
  }
  if (mistakes.length > 0) {
    const hint = isDevelopment ? '' : ' (this is production: SALLYPORT_ENV is not development)';
    throw new SallyportError('ERR_OPTIONS_INVALID', { reason: `${mistakes.join('; ')}${hint}` });
  }
  return Object.freeze(config);
}

function readPort(text: string, mistakes: string[]): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port < 1 || port > 65_535)
    mistakes.push('PORT must be 1 to 65535');
  return port;
}

function readOrigin(
  text: string | undefined,
  { isDevelopment, port }: { readonly isDevelopment: boolean; readonly port: number },
  mistakes: string[],
): string {
  const local = `http://localhost:${String(port)}`;
  if (text === undefined) {
    if (!isDevelopment) mistakes.push('PUBLIC_ORIGIN is required: https://api.example.com');
    return local;
  }
  const url = URL.parse(text);
  const isAllowed = url?.protocol === 'https:' || (isDevelopment && url?.protocol === 'http:');
  if (!isAllowed || url.origin !== text) {
    mistakes.push('PUBLIC_ORIGIN must be an https origin, without path or final slash');
  }
  return text;
}

function readStores(
  databaseUrl: string | undefined,
  redisUrl: string | undefined,
  isDevelopment: boolean,
  mistakes: string[],
): StoresConfig {
  if (databaseUrl === undefined && redisUrl === undefined && isDevelopment) {
    return { kind: 'embedded' };
  }
  if (databaseUrl === undefined) mistakes.push('DATABASE_URL is required: postgres://…');
  else if (!/^postgres(ql)?:$/.test(URL.parse(databaseUrl)?.protocol ?? '')) {
    mistakes.push('DATABASE_URL must be a postgres:// URL');
  }
  if (redisUrl === undefined) mistakes.push('REDIS_URL is required: redis://… or rediss://…');
  else if (!/^rediss?(\+(sentinel|cluster))?:\/\//.test(redisUrl)) {
    mistakes.push('REDIS_URL must be a redis://, redis+sentinel:// or redis+cluster:// URL');
  }
  return { kind: 'real', databaseUrl: databaseUrl ?? '', redisUrl: redisUrl ?? '' };
}

function readChoice<T extends string>(
  name: string,
  text: string,
  choices: readonly [T, ...T[]],
  mistakes: string[],
): T {
  const choice = choices.find((candidate) => candidate === text);
  if (choice === undefined) mistakes.push(`${name} must be one of ${choices.join(' ')}`);
  return choice ?? choices[0];
}

function readSwitch(
  name: string,
  text: string | undefined,
  otherwise: boolean,
  mistakes: string[],
): boolean {
  if (text !== undefined && text !== '0' && text !== '1') mistakes.push(`${name} must be 0 or 1`);
  return text === undefined ? otherwise : text === '1';
}
