import { randomBytes } from 'node:crypto';
import type { DemoCast } from './demo-cast.js';
import type { DemoRun } from './demo-run.js';

interface Session {
  readonly id: string;
  readonly clientId: string;
  readonly isCurrent: boolean;
}

/** Where alice is signed in, and how that ends. */
export async function tellOfSessions(run: DemoRun, cast: DemoCast): Promise<void> {
  run.chapter('Where alice is signed in');
  const phone = await cast.tokenOf('alice', 'mobile-app');
  const office = await cast.tokenOf('alice', 'backoffice-web');
  const carol = await cast.tokenOf('carol', 'mobile-app');
  const onPhone = (await run.call({
    title: 'Alice looks where she is signed in, from her phone',
    path: '/v1/me/sessions',
    with: [phone],
    expect: 200,
    why: 'Each login of an app is a session of its own. This one is marked as the one that asks.',
  })) as readonly Session[];
  const path = `/v1/me/sessions/${onPhone.find(({ isCurrent }) => isCurrent)?.id ?? ''}`;
  await run.call({
    title: 'She calls it by a name',
    method: 'PATCH',
    path,
    with: [office],
    body: { deviceName: "Alice's phone" },
    expect: 204,
    why: 'Any of her sessions may do that.',
  });
  await run.call({
    title: 'Carol tries to end it',
    method: 'DELETE',
    path,
    with: [carol],
    expect: 404,
    why: "Another user's session is not there for her.",
  });
  await run.call({
    title: 'Alice lost her phone and ends its session from the back office',
    method: 'DELETE',
    path,
    with: [office],
    expect: 204,
    why: 'Its refresh token, its access tokens and the login of its browser end together.',
  });
  await run.call({
    title: 'The phone, with its token',
    path: '/v1/me',
    with: [phone],
    expect: 401,
    why: 'Ended, though the token has minutes to live.',
  });
  await run.call({
    title: 'The back office goes on',
    path: '/v1/me',
    with: [office],
    expect: 200,
    why: 'Only the one session was ended.',
  });
  const newPassword = randomBytes(15).toString('base64url');
  const change = { method: 'POST', path: '/v1/me/password', with: [office] } as const;
  await run.call({
    ...change,
    title: 'She changes her password, but mistypes the old one',
    body: { currentPassword: 'mistyped', newPassword },
    expect: 403,
    why: 'A token alone is not enough to take an account over.',
  });
  await run.call({
    ...change,
    title: 'Once more, without the mistake',
    body: { currentPassword: cast.passwordOf('alice'), newPassword },
    expect: 204,
    why: 'The new password and the end of all that the old one opened are written together.',
  });
  await run.call({
    title: 'The back office with the token from before',
    path: '/v1/me',
    with: [office],
    expect: 401,
    why: 'Everything of hers is dead: sessions, tokens, logins, also the one that asked.',
  });
  await run.call({
    title: 'Alice signs in with her new password',
    path: '/v1/me',
    with: [await cast.tokenOf('alice', 'backoffice-web', newPassword)],
    expect: 200,
    why: 'A new login, newer than the change.',
  });
  await run.call({
    title: 'Carol',
    path: '/v1/me',
    with: [carol],
    expect: 200,
    why: 'Nobody else noticed.',
  });
}
