import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pino, type DestinationStream, type Logger } from 'pino';
import { pinoHttp } from 'pino-http';
import type { LogLevel } from '../config.js';
import type { Middleware } from './middleware.js';

const REQUEST_ID = /^[\w-]{1,64}$/;
const SECRET_HEADERS = [
  'authorization',
  'x-api-key',
  'cookie',
  'proxy-authorization',
  // What is good once may not have been spent, and this one is good again with its token.
  'dpop',
  'signature',
  'x-app-secret-proof',
];

/** Nest's account of each module and route it starts: for debugging only. */
const START_UP = new Set<unknown>(['InstanceLoader', 'RouterExplorer', 'RoutesResolver']);

/** The app's log. Credential headers are struck out wherever an object with headers is logged. */
export const createLog = (level: LogLevel, destination?: DestinationStream): Logger =>
  pino(
    {
      level,
      redact: {
        paths: [
          ...['headers', '*.headers'].flatMap((at) =>
            SECRET_HEADERS.map((name) => `${at}["${name}"]`),
          ),
          '*.headers["set-cookie"]',
        ],
        censor: '[redacted]',
      },
      hooks: {
        logMethod(line, log) {
          const [first] = line as readonly unknown[];
          const isStartUp = START_UP.has((first as { context?: unknown } | undefined)?.context);
          if (!isStartUp || this.isLevelEnabled('debug')) log.apply(this, line);
        },
      },
    },
    destination,
  );

/** Middleware: a line per answer, under an id that the caller may choose and always gets back. */
export function requestLog(logger: Logger): Middleware {
  const log = pinoHttp({
    logger,
    // Not the query string and no other header: credentials have been seen in both.
    serializers: {
      req: ({ raw }: { readonly raw: IncomingMessage }) => ({
        id: raw.id,
        method: raw.method,
        path: raw.url?.split('?', 1)[0],
        userAgent: raw.headers['user-agent']?.slice(0, 200),
      }),
      res: ({ raw }: { readonly raw: ServerResponse }) => ({ statusCode: raw.statusCode }),
    },
    customLogLevel: (_request, { statusCode }, error) =>
      error !== undefined || statusCode >= 500 ? 'error' : 'info',
    autoLogging: { ignore: ({ url }) => url?.startsWith('/health/') ?? false },
  });
  return (request, response, next) => {
    request.id = requestIdOf(request); // in place of the one that Fastify counts up
    response.setHeader('x-request-id', request.id);
    log(request, response);
    // Fastify has put its own silent logger here, which pino-http leaves in place.
    request.log = request.allLogs.at(-1) ?? logger;
    next();
  };
}

function requestIdOf({ headers }: IncomingMessage): string {
  const given = headers['x-request-id'];
  return typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUID();
}
