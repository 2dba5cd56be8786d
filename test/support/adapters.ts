import { request } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { INestApplication, LoggerService, ModuleMetadata } from '@nestjs/common';
import type { AbstractHttpAdapter } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test, type TestingModuleBuilder } from '@nestjs/testing';
import { SallyportModule, type SallyportOptions } from '@sallyport/nest';

export const AUDIENCE = 'https://api.test';
export const OWN_ISSUER = 'https://api.test/oauth';

export interface AppSettings extends ModuleMetadata {
  readonly options?: Partial<SallyportOptions>;
  /** Overrides of providers and guards. */
  readonly override?: (builder: TestingModuleBuilder) => TestingModuleBuilder;
  /** What a host does between creating and starting its app. */
  readonly prepare?: (app: INestApplication) => void;
}

/** Name and value, line by line, as they are to go out; or an object where no name comes twice. */
type HeaderLines = readonly (readonly [string, string])[] | Readonly<Record<string, string>>;

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly text: string;
  /** The body, if it is JSON. */
  readonly body: unknown;
}

export interface TestApi {
  readonly app: INestApplication;
  /** What was logged, one line each: level and message. */
  readonly log: readonly string[];
  get(path: string, headers?: HeaderLines): Promise<Answer>;
  send(method: string, path: string, headers?: HeaderLines, body?: unknown): Promise<Answer>;
}

export type Start = (settings: AppSettings) => Promise<TestApi>;

const adapters: readonly (readonly [string, () => AbstractHttpAdapter])[] = [
  ['Express', () => new ExpressAdapter()],
  ['Fastify', () => new FastifyAdapter()],
];

/**
 * Runs the same story on Express and on Fastify. `start` boots a small app of the given controllers with
 * SallyportModule on memory stores; what it started is closed after each test.
 */
export function describeOnAdapters(title: string, story: (start: Start) => void): void {
  describe.each(adapters)(`${title}, on %s`, (_name, createAdapter) => {
    const running: INestApplication[] = [];
    afterEach(async () => {
      for (const app of running.splice(0)) await app.close();
    });
    story(async (settings) => {
      const api = await startApp(settings, createAdapter());
      running.push(api.app);
      return api;
    });
  });
}

/** One such app on this adapter, which whoever starts it closes. */
export async function startApp(
  settings: AppSettings,
  adapter: AbstractHttpAdapter,
): Promise<TestApi> {
  const { options, override = (builder) => builder, prepare, imports = [], ...metadata } = settings;
  const logger = new RecordingLogger();
  const sallyport = SallyportModule.forRoot({
    issuer: OWN_ISSUER,
    audience: AUDIENCE,
    environment: 'development',
    ...options,
  });
  const builder = Test.createTestingModule({ ...metadata, imports: [sallyport, ...imports] });
  const module = await override(builder).setLogger(logger).compile();
  const app = module.createNestApplication(adapter, { logger, forceCloseConnections: true });
  prepare?.(app);
  await app.listen(0, '127.0.0.1');
  const { port } = app.getHttpServer().address() as AddressInfo;
  return {
    app,
    log: logger.lines,
    get: (path, headers) => exchange(port, 'GET', path, headers),
    send: (method, path, headers, body) => exchange(port, method, path, headers, body),
  };
}

/** Over plain node:http, which sends a header twice where it is told to. */
function exchange(
  port: number,
  method: string,
  path: string,
  headers: HeaderLines = {},
  body?: unknown,
): Promise<Answer> {
  const lines = Array.isArray(headers)
    ? (headers as readonly (readonly [string, string])[])
    : Object.entries(headers as Readonly<Record<string, string>>);
  const payload = body === undefined ? null : JSON.stringify(body);
  const own: [string, string][] = [['Host', `127.0.0.1:${port}`]];
  if (payload !== null) own.push(['Content-Type', 'application/json']);
  if (method !== 'GET') own.push(['Content-Length', `${Buffer.byteLength(payload ?? '')}`]);
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const flat = [...own, ...lines].flat();
  const sent = request({ host: '127.0.0.1', port, method, path, headers: flat, agent: false });
  sent.once('error', reject);
  sent.once('response', (response) => {
    const chunks: Buffer[] = [];
    response.on('data', (chunk: Buffer) => chunks.push(chunk));
    response.once('error', reject);
    response.once('end', () => {
      const text = Buffer.concat(chunks).toString();
      const isJson = response.headers['content-type']?.includes('json') === true;
      resolve({
        status: response.statusCode ?? 0,
        headers: response.headers as Record<string, string | undefined>,
        text,
        body: isJson && text !== '' ? JSON.parse(text) : null,
      });
    });
  });
  sent.end(payload ?? undefined);
  return promise;
}

class RecordingLogger implements LoggerService {
  readonly lines: string[] = [];
  log(): void {
    return; // start-up chatter
  }
  warn = (message: unknown): void => this.record('warn', message);
  error = (message: unknown): void => this.record('error', message);
  fatal = (message: unknown): void => this.record('fatal', message);

  private record(level: string, message: unknown): void {
    this.lines.push(`${level} ${String(message)}`);
  }
}
