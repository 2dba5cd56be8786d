import type { Server, ServerResponse } from 'node:http';
import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';

/**
 * Makes every answer the last one on its connection once the app stops (RFC 9112 §9.6). Node goes on serving
 * connections that are kept alive, so that a busy proxy could hold the app open for ever.
 */
@Injectable()
export class ConnectionDrain implements OnModuleInit, OnModuleDestroy {
  private readonly unanswered = new Set<ServerResponse>();
  private isStopping = false;

  constructor(private readonly host: HttpAdapterHost) {}

  onModuleInit(): void {
    const server = this.host.httpAdapter.getHttpServer() as Server;
    server.prependListener('request', (_request, response) => {
      if (this.isStopping) makeLast(response);
      this.unanswered.add(response);
      response.once('close', () => this.unanswered.delete(response));
    });
  }

  onModuleDestroy(): void {
    this.isStopping = true;
    this.unanswered.forEach(makeLast);
  }
}

function makeLast(response: ServerResponse): void {
  if (!response.headersSent) response.setHeader('connection', 'close');
}
