import { ask, expectErrorRedirect, responseIn } from '../support/authorization-answers.js';
import {
  authorizationRequest,
  Browser,
  challengeOf,
  newVerifier,
  redeem,
  REDIRECT_URI,
  registerClient,
  send,
  startAuthorizationServer,
  type TestClient,
} from '../support/authorization-server.js';
import type { Instance } from '../support/instances.js';
import { refusalOf } from '../support/oauth-answers.js';

describe('RFC 7636, proof key for code exchange', () => {
  let server: Instance;
  let spa: TestClient;
  let browser: Browser;

  beforeAll(async () => {
    server = await startAuthorizationServer();
    spa = await registerClient(server, 'spa', { type: 'public' });
    browser = new Browser(server);
  });
  afterAll(() => server.app.close());

  /** Redeems with this verifier a code for its own challenge. */
  const redeemWith = async (verifier: string) => {
    const { code, redirectUri } = await browser.authorize(spa, {
      code_challenge: challengeOf(verifier),
    });
    return redeem(server, spa, { code, redirectUri, verifier });
  };

  it('§4.1 takes verifiers of 43 to 128 unreserved characters', async () => {
    for (const verifier of ['a'.repeat(43), 'a'.repeat(128), `-._~${'Z9'.repeat(20)}`]) {
      expect((await redeemWith(verifier)).status).toBe(200);
    }
  });

  it('§4.1 refuses other verifiers, even for their own challenge', async () => {
    for (const verifier of [
      'a'.repeat(42),
      'a'.repeat(129),
      `${'a'.repeat(42)}+`,
      'é'.repeat(43),
    ]) {
      expect(refusalOf(await redeemWith(verifier), [verifier])).toMatch(
        /^400 invalid_(request|grant)$/,
      );
    }
  });

  it('§4.2 takes the SHA-256 of the verifier as in Appendix B [C98]', async () => {
    expect(challengeOf('dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk')).toBe(
      'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    );
    expect((await redeemWith('dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk')).status).toBe(200);
  });

  it('§4.2 refuses the verifier itself as challenge, and a padded or shortened hash', async () => {
    const verifier = newVerifier();
    const challenge = challengeOf(verifier);
    const request = authorizationRequest(spa, verifier);
    for (const wrong of [`${challenge}=`, challenge.slice(0, -1), 'a'.repeat(129)]) {
      const answer = await ask(server, { ...request, code_challenge: wrong });
      expectErrorRedirect(answer, 'invalid_request', { to: REDIRECT_URI });
    }
    const plain = await browser.authorize(spa, { code_challenge: verifier });
    const answer = await redeem(server, spa, { ...plain, verifier });
    expect(refusalOf(answer, [verifier])).toBe('400 invalid_grant');
  });

  it('§4.4.1 says in the redirect what is wrong with the request', async () => {
    const { code_challenge: _, ...bare } = authorizationRequest(spa, newVerifier());
    const response = responseIn(await ask(server, bare));
    expect(response?.parameters.error).toBe('invalid_request');
    expect(response?.parameters.error_description).toContain('code_challenge');
  });

  it('§4.6 refuses a verifier that is missing or another’s with invalid_grant', async () => {
    for (const verifier of ['', newVerifier()]) {
      const authorization = await browser.authorize(spa);
      const answer = await redeem(server, spa, { ...authorization, verifier });
      expect(refusalOf(answer, [authorization.verifier])).toBe('400 invalid_grant');
    }
  });

  it('§6.2 names S256 in the metadata, and nothing else', async () => {
    const { body } = await send(server, '/oauth/.well-known/openid-configuration');
    expect(body.code_challenge_methods_supported).toEqual(['S256']);
  });
});
