import { EventEmitter } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { ExecutionContext } from '@nestjs/common';
import type { HttpAdapterHost } from '@nestjs/core';
import { MeteredRoutes } from '../../../libs/sallyport/src/metering/metered-routes.js';
import { RequestMeter } from '../../../libs/sallyport/src/metering/request-meter.js';
import type { Caller } from '../../../libs/sallyport/src/principals/caller.js';
import { RequestOrigin } from '../../../libs/sallyport/src/request/request-origin.js';
import { resolveRequestOptions } from '../../../libs/sallyport/src/request/request.options.js';
import type { RouteLimitBook } from '../../../libs/sallyport/src/throttling/demands/route-limit-book.js';
import { resolveUsageOptions } from '../../../libs/sallyport/src/usage/usage.options.js';
import { UsageMeter } from '../../../libs/sallyport/src/usage/counting/usage-meter.js';
import type { UsageFlusher } from '../../../libs/sallyport/src/usage/writing/usage-flusher.js';
import { SystemClock } from '../../../libs/sallyport/src/clock.js';

const CALLERS = 1000;
const CONNECTIONS = 50;
const CALLS = 300_000;
const USER_AGENT = 'InvoicesApp/2.3.1 (iOS 19; de-DE) Networking/1.0';

/**
 * What recording a request costs in process, in nanoseconds, by rounds: from the server's `request` to the response's
 * `close`, with 1,000 callers taking turns on 50 connections, one minute's rows being taken every 50,000 requests.
 */
export function usageCosts(rounds: number): readonly number[] {
  const metered = bench(true);
  const bare = bench(false);
  const costs: number[] = [];
  for (let round = -1; round < rounds; round += 1) {
    const cost = metered() - bare();
    if (round >= 0) costs.push(cost); // the first one is to warm up
  }
  return costs;
}

/** Runs all calls once, and tells nanoseconds per call. */
function bench(isOn: boolean): () => number {
  const server = new EventEmitter();
  const { meter, stage } = metering(server, isOn);
  const callers = Array.from({ length: CALLERS }, (_, index) => callerOf(index));
  const sockets = Array.from({ length: CONNECTIONS }, () => ({ remoteAddress: '192.0.2.7' }));
  return () => {
    const before = cpuMicroseconds();
    for (let call = 0; call < CALLS; call += 1) {
      const request = {
        method: 'GET',
        // A parser makes a new text for each request.
        headers: { 'user-agent': USER_AGENT },
        socket: sockets[call % CONNECTIONS],
        caller: callers[call % CALLERS],
      };
      const response = Object.assign(new EventEmitter(), {
        req: request,
        headersSent: true,
        statusCode: 200,
      });
      server.emit('request', request, response);
      stage.canActivate(contextOf(request as unknown as IncomingMessage));
      response.emit('close');
      if (call % 50_000 === 0) meter.take();
    }
    return ((cpuMicroseconds() - before) * 1000) / CALLS;
  };
}

function metering(server: EventEmitter, isOn: boolean) {
  const options = resolveUsageOptions(isOn, []);
  const meter = new UsageMeter(new SystemClock(), options);
  const host = {
    httpAdapter: { getHttpServer: () => server, close: () => Promise.resolve() },
  } as unknown as HttpAdapterHost;
  const stage = new RequestMeter(
    host,
    meter,
    {} as UsageFlusher,
    new MeteredRoutes({ costOf: () => 1 } as unknown as RouteLimitBook),
    new RequestOrigin(resolveRequestOptions({}, false, [])),
    options,
  );
  stage.onModuleInit();
  return { meter, stage };
}

class InvoicesController {
  list(): void {
    return;
  }
}
const { list } = InvoicesController.prototype;

const contextOf = (request: IncomingMessage): ExecutionContext =>
  ({
    getType: () => 'http',
    getClass: () => InvoicesController,
    getHandler: () => list,
    getArgByIndex: () => request,
  }) as unknown as ExecutionContext;

function callerOf(index: number): Caller {
  const scope = new Set(['invoices:read']);
  const id = `key${String(index).padStart(13, '0')}`;
  const credentials = [
    { kind: 'api-key', id, issuer: null, scope, actsForUser: false, isSigned: false } as const,
  ];
  return {
    client: {
      ...{ clientId: `client-${index}`, name: 'Client', type: 'confidential' },
      ...{ isThirdParty: false, plan: null },
    },
    user: null,
    scope,
    roles: new Set(),
    claims: {},
    confirmation: null,
    signal: new AbortController().signal,
    credentials,
    legs: { client: scope, credentials, roles: null },
  };
}

/** Of this thread: what others do on the machine at the same time is not in it. */
function cpuMicroseconds(): number {
  const { user, system } = process.threadCpuUsage();
  return user + system;
}
