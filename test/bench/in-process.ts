import { hash, verify } from 'node:crypto';
import { NestFactory } from '@nestjs/core';
import { VerifyApiKey } from '../../libs/sallyport/src/api-keys/verify-api-key.js';
import { decide } from '../../libs/sallyport/src/policy/decide.js';
import type { RoutePolicy } from '../../libs/sallyport/src/policy/route-policy.js';
import { effectiveScope } from '../../libs/sallyport/src/principals/authority.js';
import type { Caller } from '../../libs/sallyport/src/principals/caller.js';
import type { SigningAlgorithm } from '../../libs/sallyport/src/signing-keys/signing-key.js';
import { createTestVerifier } from '../support/token-verifier.js';
import { createTestIssuer } from '../support/tokens.js';
import { guardedApp, seedKey } from './apps.js';
import { timeInTurn, type Case, type Timing } from './rounds.js';

/** More tokens than one, so that nothing is measured that only a single one would get. */
const TOKENS = 512;

export interface Comparison {
  readonly title: string;
  readonly timings: readonly Timing[];
}

/** What the parts cost without HTTP. */
export async function inProcess(): Promise<readonly Comparison[]> {
  const comparisons: Comparison[] = [];
  for (const algorithm of ['ES256', 'RS256', 'EdDSA'] as const) {
    const timings = await timeInTurn(await tokenCases(algorithm));
    comparisons.push({ title: `access token, ${algorithm}`, timings });
  }
  comparisons.push({ title: 'API key', timings: await apiKeyTimings() });
  comparisons.push({ title: 'authority', timings: await timeInTurn(authorityCases()) });
  return comparisons;
}

async function tokenCases(algorithm: SigningAlgorithm): Promise<readonly Case[]> {
  const issuer = createTestIssuer({ algorithm });
  const tokens = Array.from({ length: TOKENS }, () =>
    issuer.accessToken({ roles: ['viewer'], sid: 'session', gid: 'grant' }),
  );
  const fresh = createTestVerifier(issuer, { cachedTokens: 0 }).verifier;
  const cached = createTestVerifier(issuer).verifier;
  for (const token of tokens) await cached.verify(token);

  const parts = tokens.map((token) => {
    const dot = token.lastIndexOf('.');
    const signature = Buffer.from(token.slice(dot + 1), 'base64url');
    return { input: Buffer.from(token.slice(0, dot)), signature };
  });
  const key = { key: issuer.publicKey, dsaEncoding: 'ieee-p1363' } as const;
  const digest = algorithm === 'EdDSA' ? null : 'sha256';
  const check = ({ input, signature }: (typeof parts)[number]): void => {
    if (!verify(digest, input, key, signature)) throw new Error('the signature is wrong');
  };
  return [
    { name: 'crypto.verify alone', work: eachOf(parts, check) },
    { name: 'first sight', work: eachOf(tokens, (token) => fresh.verify(token)) },
    { name: 'seen before', work: eachOf(tokens, (token) => cached.verify(token)) },
  ];
}

async function apiKeyTimings(): Promise<readonly Timing[]> {
  const app = await NestFactory.create(guardedApp(), { logger: false });
  await app.init();
  const keys = await Promise.all(
    Array.from({ length: TOKENS }, (_, index) => seedKey(app, `client-${index}`)),
  );
  const verifier = app.get(VerifyApiKey);
  const timings = await timeInTurn([
    { name: 'SHA-256 alone', work: eachOf(keys, (key) => hash('sha256', key)) },
    { name: 'API key', work: eachOf(keys, (key) => verifier.verify(key, '127.0.0.1')) },
  ]);
  await app.close();
  return timings;
}

function authorityCases(): readonly Case[] {
  const scope = new Set(['invoices:read', 'invoices:write', 'invoices:approve']);
  const credentials = (['api-key', 'access-token'] as const).map((kind) => {
    return { kind, id: 'id', issuer: null, scope, actsForUser: kind === 'access-token' };
  });
  const legs = { client: scope, credentials, roles: new Set(['invoices:read']) };
  const caller: Caller = {
    client: {
      clientId: 'shop',
      name: 'Shop',
      type: 'confidential',
      isThirdParty: false,
      plan: null,
    },
    user: {
      issuer: 'https://api.test/oauth',
      subject: 'alice',
      authenticatedAt: null,
      sessionId: null,
    },
    scope,
    roles: new Set(['viewer']),
    claims: {},
    confirmation: null,
    credentials,
    legs,
  };
  const policy: RoutePolicy = {
    route: 'InvoicesController.list',
    isPublic: false,
    isDeclared: true,
    scopes: ['invoices:read'],
    roles: ['viewer'],
    rolesOnlyWhenUser: false,
    apiKey: 'own',
    user: 'required',
    claims: null,
    objectPolicy: null,
  };
  const judge = (): void => {
    if (!decide({ ...caller, scope: effectiveScope(legs) }, policy).allowed) {
      throw new Error('the caller was refused');
    }
  };
  const es256 = createTestIssuer();
  const input = Buffer.from(es256.accessToken());
  return [
    {
      name: 'SHA-256 of a token',
      work: eachOf([input], (token) => hash('sha256', token)),
    },
    { name: 'effectiveScope and decide', work: eachOf([legs], judge) },
  ];
}

/** Works through the items again and again, `count` in all. */
function eachOf<T>(items: readonly T[], work: (item: T) => unknown): Case['work'] {
  return async (count) => {
    for (let done = 0; done < count; done++) {
      const result = work(items[done % items.length] as T);
      if (result instanceof Promise) await result;
    }
  };
}
