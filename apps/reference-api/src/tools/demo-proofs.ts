import type { DemoCast } from './demo-cast.js';
import { DemoKey } from './demo-key.js';
import type { DemoRun } from './demo-run.js';

/** What a stolen token is worth where it is bound to a key. */
export async function tellOfProofs(run: DemoRun, cast: DemoCast): Promise<void> {
  run.chapter('A token that is bound to a key, and a thief');
  const bearer = await cast.bearerTokenOf('bob', 'mobile-app');
  const bound = await cast.tokenOf('bob', 'mobile-app');
  const written = (await run.call({
    title: 'Bob writes another invoice',
    method: 'POST',
    path: '/v1/invoices',
    with: [bound],
    body: { amountCents: 100, currency: 'EUR' },
    expect: 201,
    why: 'His token is bound to a key of his phone, which the app proves anew for each request (DPoP, RFC 9449).',
  })) as { readonly id: string };
  const path = `/v1/invoices/${written.id}`;
  const deletion = { method: 'DELETE', path } as const;
  await run.call({
    ...deletion,
    title: 'He wants to delete it, with a bearer token',
    with: [bearer],
    expect: 401,
    why: 'The route is @SenderConstrained(): a token that works for whoever has it is not enough.',
  });
  await run.call({
    ...deletion,
    title: 'A thief has his bound token, and sends it as a bearer token',
    with: [bound.stolen()],
    expect: 401,
    why: 'It is none: without its key it is worth nothing.',
  });
  await run.call({
    ...deletion,
    title: 'The thief proves a key of their own',
    with: [bound.stolen(await DemoKey.create())],
    expect: 401,
    why: 'The token names the one key that counts, by its thumbprint.',
  });
  const deleting = await bound.once('DELETE', path);
  await run.call({
    ...deletion,
    title: "Bob's app deletes it",
    with: [deleting],
    expect: 204,
    why: 'With his key, for this method and this address.',
  });
  await run.call({
    ...deletion,
    title: 'The thief has overheard that request, and sends it again',
    with: [deleting],
    expect: 401,
    why: 'Token, key and target are right, but each proof works once, on whichever instance.',
  });
}
