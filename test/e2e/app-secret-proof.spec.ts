import { createHmac } from 'node:crypto';
import { Controller, Get } from '@nestjs/common';
import { ApiKeyService, AppSecretProof, RequireUser, type IssuedApiKey } from '@sallyport/nest';
import { describeOnAdapters, OWN_ISSUER, type TestApi } from '../support/adapters.js';
import { BoundToken } from '../support/bound-tokens.js';
import { BY, issueKey, register } from '../support/cast.js';
import { ProofMaker } from '../support/dpop-proof.js';
import { ownToken } from '../support/own-tokens.js';

let handled = 0;

@Controller()
class ProvenController {
  @Get('proven') @AppSecretProof() @RequireUser() proven() {
    handled += 1;
    return 'proven';
  }
}

const proofOf = (token: string, { apiKey, signingSecret }: IssuedApiKey): string => {
  const secret = Buffer.from(signingSecret ?? '', 'base64url');
  return `${apiKey.id}.${createHmac('sha256', secret).update(token).digest('hex')}`;
};

describeOnAdapters('A proof of the app’s secret beside a token', (start) => {
  let api: TestApi;
  let issued: IssuedApiKey;
  let token: string;
  const get = (proof: string | null, text = token) => {
    const shown = proof === null ? {} : { 'X-App-Secret-Proof': proof };
    return api.get('/proven', { Authorization: `Bearer ${text}`, ...shown });
  };
  const refused = async (answer: ReturnType<typeof get>) => {
    const before = handled;
    const { status } = await answer;
    expect(handled).toBe(before);
    return [status, /ERR_\w+/.exec(api.log.at(-1) ?? '')?.[0]];
  };

  beforeEach(async () => {
    api = await start({ controllers: [ProvenController] });
    await register(api.app, 'shop', ['a:read']);
    issued = await issueKey(api.app, 'shop', { signedOnly: true });
    token = await ownToken(api.app, { clientId: 'shop', user: 'alice', scope: 'a:read' });
    handled = 0;
  });

  it('lets the token in [C78]', async () => {
    expect((await get(proofOf(token, issued))).status).toBe(200);
  });

  it('stands beside a token that is bound to a key too, and is not proof of that key', async () => {
    const key = await ProofMaker.create();
    const bound = await BoundToken.create(api.app, key, { clientId: 'shop', user: 'alice' });
    const secretProof = { 'X-App-Secret-Proof': proofOf(bound.text, issued) };
    const shown = { ...bound.headers(await bound.proof('/proven')), ...secretProof };
    expect((await api.get('/proven', shown)).status).toBe(200);
    expect(await refused(api.get('/proven', shown))).toEqual([401, 'ERR_DPOP_PROOF_REPLAYED']);
    expect(await refused(get(proofOf(bound.text, issued), bound.text))).toEqual([
      401,
      'ERR_TOKEN_BOUND',
    ]);
    const loose = bound.headers(await bound.proof('/proven'));
    expect(await refused(api.get('/proven', loose))).toEqual([401, 'ERR_SIGNATURE_REQUIRED']);
  });

  it('is missed by whoever stole the token alone [C4] [C78]', async () => {
    expect(await refused(get(null))).toEqual([401, 'ERR_SIGNATURE_REQUIRED']);
    const other = await ownToken(api.app, { clientId: 'shop', user: 'bob', scope: 'a:read' });
    expect(await refused(get(proofOf(other, issued)))).toEqual([401, 'ERR_SIGNATURE_INVALID']);
  });

  it('is by a secret of the client that the token names', async () => {
    await register(api.app, 'other', ['a:read']);
    const foreign = await issueKey(api.app, 'other', { signedOnly: true });
    expect(await refused(get(proofOf(token, foreign)))).toEqual([401, 'ERR_SIGNATURE_INVALID']);
    const plain = await issueKey(api.app, 'shop');
    expect(await refused(get(proofOf(token, plain)))).toEqual([401, 'ERR_SIGNATURE_INVALID']);
  });

  it('is by a secret of the app, not by one of a user', async () => {
    const user = { issuer: OWN_ISSUER, subject: 'mallory' };
    const personal = await issueKey(api.app, 'shop', { signing: true, user });
    expect(await refused(get(proofOf(token, personal)))).toEqual([401, 'ERR_SIGNATURE_INVALID']);
  });

  it.each([
    '',
    'x',
    'A'.repeat(16),
    `${'A'.repeat(16)}.${'0'.repeat(63)}`,
    `${'A'.repeat(16)}.${'Z'.repeat(64)}`,
  ])('cannot be read: %j', async (proof) => {
    expect(await refused(get(proof))).toEqual([400, 'ERR_SIGNATURE_MALFORMED']);
  });

  it('ends with its key, and goes on for the overlap of a rotation [C28]', async () => {
    const keys = api.app.get(ApiKeyService);
    const next = await keys.rotate(issued.apiKey.id, BY);
    expect((await get(proofOf(token, issued))).status).toBe(200);
    expect((await get(proofOf(token, next))).status).toBe(200);
    await keys.revoke(issued.apiKey.id, BY);
    expect(await refused(get(proofOf(token, issued)))).toEqual([401, 'ERR_CREDENTIAL_REVOKED']);
    const elsewhere = await issueKey(api.app, 'shop', {
      signing: true,
      addressRanges: ['192.0.2.1'],
    });
    expect(await refused(get(proofOf(token, elsewhere)))).toEqual([401, 'ERR_CREDENTIAL_ADDRESS']);
  });

  it('proves nothing without a token', async () => {
    const answer = api.get('/proven', {
      'X-API-Key': (await issueKey(api.app, 'shop', { user: { issuer: 'i', subject: 's' } }))
        .plaintext,
      'X-App-Secret-Proof': proofOf(token, issued),
    });
    expect(await refused(answer)).toEqual([401, 'ERR_SIGNATURE_REQUIRED']);
  });
});
