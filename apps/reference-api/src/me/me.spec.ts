import { randomUUID } from 'node:crypto';
import { ClientService } from '@sallyport/nest';
import { DataSource } from 'typeorm';
import {
  adapters,
  embeddedStores,
  startReferenceApi,
  type Answer,
  type RunningApi,
} from '../../../../test/support/reference-api.js';
import type { DemoCredentials } from '../seed/demo-credentials.js';
import { LoginDriver } from '../tools/login-driver.js';
import { PasswordHashing } from '../users/password-hashing.js';
import { UserEntity } from '../users/user.entity.js';
import type { SessionView } from './session-view.js';

/** As JSON tells it. */
type Session = Omit<SessionView, 'createdAt' | 'lastUsedAt' | 'expiresAt'> & {
  readonly createdAt: string;
  readonly lastUsedAt: string;
  readonly expiresAt: string;
};

const NEW_PASSWORD = 'an entirely new password';

describe.each(adapters)('What a user may do about themselves, on %s', (adapter) => {
  let api: RunningApi;
  let demo: DemoCredentials;
  let alice: string;
  let bob: string;

  beforeAll(async () => {
    api = await startReferenceApi(adapter, embeddedStores);
    demo = api.demo;
  });
  afterAll(() => api.close());

  // Each test has two people of its own.
  beforeEach(async () => {
    [alice, bob] = [await newUser(), await newUser()];
  });

  const passwordOf = (username: string) => `the password of ${username}`;
  async function newUser(): Promise<string> {
    const subject = randomUUID();
    const username = `user-${subject}`;
    const password = passwordOf(username);
    const passwordHash = await api.app.get(PasswordHashing).hash(password);
    const user = { issuer: demo.issuer, subject, username, department: 'Finance', passwordHash };
    await api.app.get(DataSource).getRepository(UserEntity).insert(user);
    demo = { ...demo, users: [...demo.users, { username, password, sub: subject }] };
    return username;
  }

  const newBrowser = () => new LoginDriver(demo, api.url);
  /** A token from a browser of its own: no single sign-on. */
  const signIn = async (client: string, user: string, password?: string): Promise<string> =>
    (await newBrowser().token({ client, user, password })).access_token;
  const isAlive = async (token: string) => (await api.call('/v1/me', { token })).status === 200;
  const sessionsOf = async (token: string): Promise<readonly Session[]> =>
    (await api.call('/v1/me/sessions', { token })).body as Session[];
  const currentOf = async (token: string): Promise<Session> => {
    const [current, ...others] = (await sessionsOf(token)).filter(({ isCurrent }) => isCurrent);
    if (current === undefined || others.length > 0) throw new Error('not exactly one is current');
    return current;
  };
  const end = async (id: string, token: string): Promise<number> =>
    (await api.call(`/v1/me/sessions/${id}`, { method: 'DELETE', token })).status;
  const rename = (id: string, token: string, body: object): Promise<Answer> =>
    api.call(`/v1/me/sessions/${id}`, { method: 'PATCH', token, body });

  it('shows all of their sessions and nobody else’s [C86]', async () => {
    const began = Date.now();
    const phone = await signIn('mobile-app', alice);
    const office = await signIn('backoffice-web', alice);
    await signIn('mobile-app', bob);
    const sessions = await sessionsOf(phone);
    expect(sessions.map(({ clientId, isCurrent }) => [clientId, isCurrent]).sort()).toEqual([
      ['backoffice-web', false],
      ['mobile-app', true],
    ]);
    for (const session of sessions) {
      expect(session).toMatchObject({ deviceName: null, address: '127.0.0.1' });
      expect(session.userAgent).toBe('npm run token');
      expect(Date.parse(session.createdAt)).toBeGreaterThanOrEqual(began - 1000);
      expect(Date.parse(session.lastUsedAt)).toBeGreaterThanOrEqual(Date.parse(session.createdAt));
      expect(Date.parse(session.expiresAt) - Date.now()).toBeGreaterThan(13 * 86_400_000);
    }
    expect((await currentOf(office)).clientId).toBe('backoffice-web');
  });

  it('lets them name a device, and take the name away [C86]', async () => {
    const phone = await signIn('mobile-app', alice);
    const { id } = await currentOf(phone);
    expect((await rename(id, phone, { deviceName: 'My phone' })).status).toBe(204);
    expect((await currentOf(phone)).deviceName).toBe('My phone');
    for (const deviceName of ['', ' ', 'x'.repeat(101), 'a\u0000b', 7, undefined]) {
      expect((await rename(id, phone, { deviceName })).status).toBe(400);
    }
    expect((await currentOf(phone)).deviceName).toBe('My phone');
    expect((await rename(id, phone, { deviceName: null })).status).toBe(204);
    expect((await currentOf(phone)).deviceName).toBeNull();
  });

  it('ends one session and leaves the others alone [C55] [C86]', async () => {
    const phone = await signIn('mobile-app', alice);
    const office = await signIn('backoffice-web', alice);
    const { id } = await currentOf(phone);
    expect(await end(id, office)).toBe(204);
    expect(await isAlive(phone)).toBe(false);
    expect(await isAlive(office)).toBe(true);
    expect((await sessionsOf(office)).map(({ clientId }) => clientId)).toEqual(['backoffice-web']);
    expect(await end(id, office)).toBe(204);
  });

  it('does not know another user’s session [C55]', async () => {
    const phone = await signIn('mobile-app', alice);
    const stranger = await signIn('mobile-app', bob);
    const { id } = await currentOf(phone);
    for (const unknown of [id, 'nothing', '%00', 'x'.repeat(500)]) {
      expect(await end(unknown, stranger)).toBe(404);
      expect((await rename(unknown, stranger, { deviceName: 'mine' })).status).toBe(404);
    }
    expect((await currentOf(phone)).deviceName).toBeNull();
  });

  it('ends all sessions but the one that asks [C55] [C86]', async () => {
    const [phone, tablet, office] = [
      await signIn('mobile-app', alice),
      await signIn('mobile-app', alice),
      await signIn('backoffice-web', alice),
    ];
    const other = await signIn('mobile-app', bob);
    const { status } = await api.call('/v1/me/sessions', { method: 'DELETE', token: tablet });
    expect(status).toBe(204);
    expect(await Promise.all([phone, tablet, office, other].map(isAlive))).toEqual([
      false,
      true,
      false,
      true,
    ]);
    expect(await sessionsOf(tablet)).toHaveLength(1);
  });

  describe('with a new password', () => {
    const change = (token: string, currentPassword: unknown, newPassword: unknown) =>
      api.call('/v1/me/password', {
        method: 'POST',
        token,
        body: { currentPassword, newPassword },
      });
    const oldPassword = () => passwordOf(alice);

    it('ends everything that the old one opened, and nothing of others [C55]', async () => {
      const browser = newBrowser();
      const { access_token: phone } = await browser.token({ client: 'mobile-app', user: alice });
      const office = await signIn('backoffice-web', alice);
      const other = await signIn('mobile-app', bob);
      expect((await change(office, oldPassword(), NEW_PASSWORD)).status).toBe(204);
      expect(await Promise.all([phone, office, other].map(isAlive))).toEqual([false, false, true]);
      // The browser is asked for the password again, and the old one is of no use.
      const again = browser.token({ client: 'mobile-app', user: alice });
      await expect(again).rejects.toThrow('User name or password is wrong.');
      const fresh = await signIn('mobile-app', alice, NEW_PASSWORD);
      expect(await sessionsOf(fresh)).toHaveLength(1);
    });

    it('changes nothing for a wrong or unfit one', async () => {
      const token = await signIn('mobile-app', alice);
      expect((await change(token, 'wrong', NEW_PASSWORD)).status).toBe(403);
      expect((await change(token, oldPassword(), 'short')).status).toBe(400);
      expect((await change(token, oldPassword(), 'x'.repeat(129))).status).toBe(400);
      expect((await change(token, [oldPassword()], NEW_PASSWORD)).status).toBe(400);
      expect(await isAlive(token)).toBe(true);
      expect(await isAlive(await signIn('mobile-app', alice))).toBe(true);
    });

    it('lets one of two changes at once win', async () => {
      const token = await signIn('mobile-app', alice);
      const passwords = ['the first of two', 'the second of two'];
      const answers = await Promise.all(
        passwords.map((next) => change(token, oldPassword(), next)),
      );
      const statuses = answers.map(({ status }) => status);
      expect(statuses.filter((status) => status === 204)).toHaveLength(1);
      const winner = passwords[statuses.indexOf(204)];
      expect(await isAlive(await signIn('mobile-app', alice, winner))).toBe(true);
    });

    it('lets nobody guess the current one', async () => {
      const token = await signIn('mobile-app', alice);
      for (let attempt = 1; attempt <= 5; attempt += 1) {
        expect((await change(token, 'a guess', NEW_PASSWORD)).status).toBe(403);
      }
      const refused = await change(token, oldPassword(), NEW_PASSWORD);
      expect(refused.status).toBe(429);
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    });
  });

  describe('with an app of somebody else', () => {
    const foreign = {
      client_id: 'calendar',
      redirect_uris: ['https://calendar.test/callback'],
      scope: 'invoices:read',
    };
    beforeAll(async () => {
      await api.app.get(ClientService).register(
        {
          clientId: foreign.client_id,
          name: 'Calendar',
          type: 'public',
          isThirdParty: true,
          scope: [foreign.scope],
          grantTypes: ['authorization_code', 'refresh_token'],
          redirectUris: foreign.redirect_uris,
        },
        { actor: 'test' },
      );
      demo = { ...demo, clients: [...demo.clients, foreign] };
    });

    it('see what they allowed it, and take that back', async () => {
      const calendar = await signIn('calendar', alice);
      const office = await signIn('backoffice-web', alice);
      const other = await signIn('backoffice-web', bob);
      const consents = async () => (await api.call('/v1/me/consents', { token: office })).body;
      const withdraw = async (token: string) =>
        (await api.call('/v1/me/consents/calendar', { method: 'DELETE', token })).status;

      expect(await consents()).toEqual([
        { clientId: 'calendar', scope: ['invoices:read'], grantedAt: expect.any(String) as string },
      ]);
      expect(await withdraw(other)).toBe(404);
      expect(await isAlive(calendar)).toBe(true);
      expect(await withdraw(office)).toBe(204);
      expect(await isAlive(calendar)).toBe(false);
      expect(await isAlive(office)).toBe(true);
      expect(await consents()).toEqual([]);
      expect(await withdraw(office)).toBe(404);
    });

    it('do not let it touch their sessions, password or consents [C97]', async () => {
      const calendar = await signIn('calendar', alice);
      const routes = [
        ['GET', 'sessions'],
        ['DELETE', 'sessions'],
        ['DELETE', 'sessions/any'],
        ['PATCH', 'sessions/any'],
        ['POST', 'password'],
        ['GET', 'consents'],
        ['DELETE', 'consents/calendar'],
      ] as const;
      for (const [method, path] of routes) {
        const { status } = await api.call(`/v1/me/${path}`, { method, token: calendar });
        expect([method, path, status]).toEqual([method, path, 403]);
      }
      expect(await isAlive(calendar)).toBe(true);
    });
  });
});
