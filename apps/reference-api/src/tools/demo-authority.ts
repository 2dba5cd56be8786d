import { setTimeout as sleep } from 'node:timers/promises';
import type { DemoCast } from './demo-cast.js';
import type { DemoRun } from './demo-run.js';

interface Issued {
  readonly id: string;
  readonly key: string;
}

/** Who calls, what comes of it, and why. */
export async function tellWhoMayDoWhat(run: DemoRun, cast: DemoCast): Promise<void> {
  run.chapter('Who may do what');
  const job = cast.keyOf('nightly-job');
  const backOffice = cast.keyOf('backoffice-web');
  const operator = cast.keyOf('operator');
  const aliceMobile = await cast.tokenOf('alice', 'mobile-app');
  const aliceOffice = await cast.tokenOf('alice', 'backoffice-web');
  const bobOffice = await cast.tokenOf('bob', 'backoffice-web');
  const bobMobile = await cast.tokenOf('bob', 'mobile-app');
  const carolMobile = await cast.tokenOf('carol', 'mobile-app');
  const invoice = { amountCents: 4200, currency: 'EUR' };

  await run.call({
    title: 'Nobody',
    path: '/v1/invoices',
    expect: 401,
    why: 'Every route is closed unless it says @Public().',
  });
  await run.call({
    title: 'A key that was made up',
    path: '/v1/invoices',
    with: [{ ...job, label: 'garbage', value: mistyped(job.value) }],
    expect: 401,
    why: 'Its checksum is wrong: refused without asking the database.',
  });
  await run.call({
    title: 'An app, by its API key',
    path: '/v1/invoices',
    with: [job],
    expect: 200,
    why: 'The nightly job acts for nobody and sees the invoices of all departments.',
  });
  await run.call({
    title: 'The same app wants to write',
    method: 'POST',
    path: '/v1/invoices',
    with: [job],
    body: { ...invoice, department: 'Finance' },
    expect: 403,
    why: 'By scope: this client may never write invoices.',
  });
  await run.call({
    title: 'A user through an app: alice in the mobile app',
    path: '/v1/me',
    with: [aliceMobile],
    expect: 200,
    why: 'Her token names both the app and her. In this app she is a viewer.',
  });
  await run.call({
    title: 'Alice wants to write in the mobile app',
    method: 'POST',
    path: '/v1/invoices',
    with: [aliceMobile],
    body: invoice,
    expect: 403,
    why: 'By role in this app: the mobile app may write, but alice is only a viewer in it.',
  });
  const written = (await run.call({
    title: 'Bob, an editor there, writes one',
    method: 'POST',
    path: '/v1/invoices',
    with: [bobMobile],
    body: invoice,
    expect: 201,
    why: 'App, role and department all allow it.',
  })) as { readonly id: string };
  const approval = `/v1/invoices/${written.id}/approve`;
  await run.call({
    title: "Carol of Sales opens Finance's invoice",
    path: `/v1/invoices/${written.id}`,
    with: [carolMobile],
    expect: 404,
    why: "By object: she may read invoices, but only her department's. Missing and denied look alike.",
  });
  await run.call({
    title: 'Alice approves with her token alone',
    method: 'POST',
    path: approval,
    with: [aliceOffice],
    expect: 401,
    why: "Approving takes both gates: the user's token and the API key of the back office's server.",
  });
  await run.call({
    title: 'Bob approves through the back office',
    method: 'POST',
    path: approval,
    with: [backOffice, bobOffice],
    expect: 403,
    why: 'Both gates are passed, but bob is an editor here, and approving takes an admin.',
  });
  await run.call({
    title: "The back office's key beside the mobile app's token",
    method: 'POST',
    path: approval,
    with: [backOffice, aliceMobile],
    expect: 401,
    why: 'Each is good, but they name two different apps.',
  });
  await run.call({
    title: 'Alice approves through the back office',
    method: 'POST',
    path: approval,
    with: [backOffice, aliceOffice],
    expect: 200,
    why: 'The same alice who may only read in the mobile app is an admin here.',
  });
  await run.call({
    title: 'Once more',
    method: 'POST',
    path: approval,
    with: [backOffice, aliceOffice],
    expect: 409,
    why: 'An invoice is approved once.',
  });
  const rotated = (await run.call({
    title: "The operator rotates the nightly job's key",
    method: 'POST',
    path: `/admin/api-keys/${job.id}/rotate`,
    with: [operator],
    body: { reason: 'demo' },
    expect: 201,
    why: 'The new key is shown this once; only its hash is kept.',
  })) as Issued;
  await run.call({
    title: 'The new key',
    path: '/v1/invoices',
    with: [{ ...job, label: 'new nightly-job key', value: rotated.key }],
    expect: 200,
    why: 'It works at once,',
  });
  await run.call({
    title: 'The old key',
    path: '/v1/invoices',
    with: [job],
    expect: 200,
    why: 'and the old one goes on during the overlap.',
  });
  await run.call({
    title: 'The operator revokes the old key',
    method: 'POST',
    path: `/admin/api-keys/${job.id}/revoke`,
    with: [operator],
    body: { reason: 'demo' },
    expect: 200,
    why: 'Revoking is final.',
  });
  await run.call({
    title: 'The old key again',
    path: '/v1/invoices',
    with: [job],
    expect: 401,
    why: 'Revoked. From outside, unknown, expired and revoked look the same; the log tells them apart.',
  });
  const brief = (await run.call({
    title: 'The operator issues a key for one second',
    method: 'POST',
    path: '/admin/api-keys',
    with: [operator],
    body: {
      clientId: 'nightly-job',
      name: 'brief',
      scope: ['invoices:read'],
      lifetimeSeconds: 1,
      reason: 'demo',
    },
    expect: 201,
    why: 'Every key ends some day: after 90 days, unless said otherwise.',
  })) as Issued;
  await sleep(1100);
  await run.call({
    title: 'That key, a second later',
    path: '/v1/invoices',
    with: [{ ...job, label: 'brief key', value: brief.key }],
    expect: 401,
    why: 'Expired.',
  });
  await run.call({
    title: "The operator revokes one of alice's tokens",
    method: 'POST',
    path: '/admin/revocations',
    with: [operator],
    body: { kind: 'token', id: aliceMobile.id, reason: 'phone lost' },
    expect: 204,
    why: 'By its jti. Every instance refuses it within a second.',
  });
  await run.call({
    title: 'Alice with that token',
    path: '/v1/me',
    with: [aliceMobile],
    expect: 401,
    why: 'Revoked, though its signature is good and it has minutes to live.',
  });
  const report = {
    path: '/v1/reports/daily',
    with: [{ ...job, label: 'new nightly-job key', value: rotated.key }],
  };
  const done = await run.exhaust(report, 100);
  await run.call({
    ...report,
    title: 'The nightly job asks for its report again and again',
    expect: 429,
    why: `This route allows 20 a minute; ${String(done)} were answered before. Retry-After says when to come back.`,
  });
}

const mistyped = (key: string): string => key.slice(0, -1) + (key.endsWith('0') ? '1' : '0');
