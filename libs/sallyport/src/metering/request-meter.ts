import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import {
  Inject,
  Injectable,
  Logger,
  type CanActivate,
  type ExecutionContext,
  type OnModuleInit,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { SecuredRequest } from '../principals/secured-request.js';
import { refusalOf } from '../problems/refusals.js';
import { rawRequest, requestOf } from '../request/adapter-request.js';
import { RequestOrigin } from '../request/request-origin.js';
import { UsageMeter } from '../usage/counting/usage-meter.js';
import { USAGE_OPTIONS, type ResolvedUsageOptions } from '../usage/usage.options.js';
import { UsageFlusher } from '../usage/writing/usage-flusher.js';
import { MeteredRoutes } from './metered-routes.js';
import { OpenRequest, openRequestOf, setOpenRequest } from './open-request.js';
import { RequestSources } from './request-source.js';

/** What other servers log for a caller that went away before there was an answer. */
const CLIENT_CLOSED_REQUEST = 499;

/**
 * Counts every request that reaches the server once, when it is over: answered, refused by whoever, streamed to its
 * end, or left by its caller. As a stage of the pipeline it lets everything through, and sees the route.
 */
@Injectable()
export class RequestMeter implements CanActivate, OnModuleInit {
  private readonly logger = new Logger('Usage');
  private readonly sources: RequestSources;
  private readonly onClose: (this: ServerResponse) => void;

  constructor(
    private readonly host: HttpAdapterHost,
    private readonly meter: UsageMeter,
    private readonly flusher: UsageFlusher,
    private readonly routes: MeteredRoutes,
    origin: RequestOrigin,
    @Inject(USAGE_OPTIONS) private readonly options: ResolvedUsageOptions,
  ) {
    this.sources = new RequestSources(origin, options);
    const close = (response: ServerResponse): void => {
      this.close(response);
    };
    // An emitter calls a listener as its own method: one listener for all responses.
    this.onClose = function () {
      close(this);
    };
  }

  onModuleInit(): void {
    const adapter = this.host.httpAdapter as HttpAdapterHost['httpAdapter'] | undefined;
    if (!this.options.isOn || adapter === undefined) return;
    // Not by middleware: what is refused before any of it, or has no route, is counted too.
    (adapter.getHttpServer() as Server).prependListener('request', (request, response) => {
      this.open(request, response);
    });
    const closeServer = adapter.close.bind(adapter) as () => Promise<unknown>;
    // Nest waits for open requests when it closes the server, after one hook and before stores go with the next.
    adapter.close = async () => {
      try {
        await closeServer();
      } finally {
        await this.flusher.stop();
      }
    };
  }

  canActivate(context: ExecutionContext): boolean {
    if (!this.options.isOn || context.getType() !== 'http') return true;
    const secured = requestOf<SecuredRequest>(context);
    openRequestOf(rawRequest(secured))?.enter(secured, this.routes.of(context));
    return true;
  }

  private open(request: IncomingMessage, response: ServerResponse): void {
    try {
      const source = this.sources.of(request);
      setOpenRequest(request, new OpenRequest(request.method ?? '', source, performance.now()));
      response.on('close', this.onClose);
    } catch (error) {
      this.uncounted(error);
    }
  }

  private close(response: ServerResponse): void {
    try {
      this.count(response);
    } catch (error) {
      this.uncounted(error);
    }
  }

  /** Thrown at an emitter, it would end the process. */
  private uncounted(error: unknown): void {
    this.logger.error('a call is not counted', error instanceof Error ? error.stack : '');
  }

  private count(response: ServerResponse): void {
    const { req: request, headersSent, statusCode } = response;
    const open = openRequestOf(request);
    if (open === undefined || open.isOver) return;
    open.isOver = true;
    const now = performance.now();
    open.latencyMs = now - open.startedAt;
    open.status = headersSent ? statusCode : CLIENT_CLOSED_REQUEST;
    if (open.status >= 400) open.refusal = refusalOf(request) ?? '';
    open.identify(this.options.users);
    this.meter.count(open, now);
  }
}
