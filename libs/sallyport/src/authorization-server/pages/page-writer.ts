import { Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { withdrawHostCors } from '../host-cors.js';
import { pageHeaders } from './page-headers.js';

export interface PageAnswer {
  readonly status: number;
  readonly html: string;
  /** Where a form on the page finally leads. @default null */
  readonly redirectUri?: string | null;
  readonly retryAfterSeconds?: number | undefined;
}

/** Answers on Express and on Fastify. Its headers replace those that middleware of the host has set. */
@Injectable()
export class PageWriter {
  constructor(private readonly host: HttpAdapterHost) {}

  page(response: object, answer: PageAnswer): void {
    const { redirectUri = null, retryAfterSeconds } = answer;
    this.write(response, answer.status, answer.html, {
      ...pageHeaders(redirectUri),
      ...(retryAfterSeconds !== undefined && {
        'Retry-After': Math.ceil(retryAfterSeconds).toString(),
      }),
    });
  }

  /** RFC 9700 §4.12: 303, after which no browser sends a password on. */
  seeOther(response: object, location: string): void {
    this.write(response, 303, '', { ...pageHeaders(null), Location: location });
  }

  write(
    response: object,
    status: number,
    body: string,
    headers: Readonly<Record<string, string>>,
  ): void {
    const { httpAdapter } = this.host;
    withdrawHostCors(response);
    for (const [name, value] of Object.entries(headers)) {
      httpAdapter.setHeader(response, name, value);
    }
    httpAdapter.reply(response, body, status);
  }
}
