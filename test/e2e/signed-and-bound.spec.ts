import { Controller, Get, Post } from '@nestjs/common';
import {
  ApiKey,
  CurrentCaller,
  Scopes,
  SenderConstrained,
  SignedRequest,
  SignedResponse,
  type Caller,
  type IssuedApiKey,
} from '@sallyport/nest';
import { describeOnAdapters, type TestApi } from '../support/adapters.js';
import { BoundToken } from '../support/bound-tokens.js';
import { issueKey, register } from '../support/cast.js';
import { ProofMaker } from '../support/dpop-proof.js';
import { ownToken } from '../support/own-tokens.js';
import { call, hmacKey, portOf, signed, transmit, type Plan } from '../support/signed-requests.js';

let handled = 0;

const who = (caller: Caller | undefined) => {
  handled += 1;
  return {
    client: caller?.client.clientId ?? null,
    user: caller?.user?.subject ?? null,
    isBound: (caller?.confirmation ?? null) !== null,
    kinds: caller?.credentials.map(({ kind, isSigned }) => (isSigned ? `${kind}, signed` : kind)),
  };
};

@Controller()
class DoublyController {
  @Post('both') @SignedRequest() @SenderConstrained() @Scopes('a:read') both(
    @CurrentCaller() caller: Caller,
  ) {
    return who(caller);
  }
  @Post('signed') @SignedRequest() @Scopes('a:read') signed(@CurrentCaller() caller: Caller) {
    return who(caller);
  }
  @Post('strict') @SignedRequest({ components: ['idempotency-key'] }) @Scopes('a:read') strict(
    @CurrentCaller() caller: Caller,
  ) {
    return who(caller);
  }
  @Post('key') @ApiKey() @Scopes('a:read') key(@CurrentCaller() caller: Caller) {
    return who(caller);
  }
  @Get('plain') @Scopes('a:read') plain(@CurrentCaller() caller: Caller) {
    return who(caller);
  }
  @Get('bound') @SenderConstrained() @Scopes('a:read') bound(@CurrentCaller() caller: Caller) {
    return who(caller);
  }
  @Post('tagged') @SignedRequest({ tag: 'ours' }) @SignedResponse() tagged(
    @CurrentCaller() caller: Caller,
  ) {
    return who(caller);
  }
}

const BODY = '{"amount":1}';

describeOnAdapters('A signature and a proof of a key', (start) => {
  let api: TestApi;
  let issued: IssuedApiKey;
  let dpopKey: ProofMaker;
  let token: BoundToken;

  const open = async (options = {}): Promise<void> => {
    api = await start({ controllers: [DoublyController], options });
    await register(api.app, 'shop', ['a:read']);
    issued = await issueKey(api.app, 'shop', { signing: true });
    const claims = { clientId: 'shop', user: 'alice', scope: 'a:read' };
    token = await BoundToken.create(api.app, dpopKey, claims);
    handled = 0;
  };
  beforeAll(async () => {
    dpopKey = await ProofMaker.create();
  });
  beforeEach(() => open());

  const sign = (plan: Plan = {}, by = issued) =>
    signed(hmacKey(by.signingSecret), by.apiKey.id, { target: '/both', body: BODY, ...plan });
  const post = (plan: Plan = {}, by = issued) => transmit(portOf(api), sign(plan, by));
  /** The headers of the bound token, with a right proof for `POST path` unless one is given. */
  const proven = async (path = '/both', proof?: string, of = token) => {
    const right = await of.proof(path, { htm: 'POST' });
    return Object.entries(of.headers(proof ?? right));
  };
  const outcome = async (answer: Promise<{ readonly status: number }>) => {
    const before = handled;
    const { status } = await answer;
    if (status < 400) return status;
    expect(handled).toBe(before);
    return [status, /ERR_[A-Z_]+/.exec(api.log.at(-1) ?? '')?.[0]];
  };

  it('are both demanded, and both asked for, of one request [C103]', async () => {
    const answer = await post({ headers: await proven() });
    expect(answer.body).toEqual({
      client: 'shop',
      user: 'alice',
      isBound: true,
      kinds: ['access-token', 'api-key, signed'],
    });
    const unsigned = api.send('POST', '/both', await proven(), { amount: 1 });
    expect(await outcome(unsigned)).toEqual([401, 'ERR_SIGNATURE_REQUIRED']);
    expect(await outcome(post())).toEqual([401, 'ERR_SENDER_CONSTRAINT_REQUIRED']);
    const loose = await ownToken(api.app, { clientId: 'shop', user: 'alice', scope: 'a:read' });
    const bearer = (text: string) => [['Authorization', `Bearer ${text}`]] as const;
    expect(await outcome(post({ headers: bearer(loose) }))).toEqual([
      401,
      'ERR_SENDER_CONSTRAINT_REQUIRED',
    ]);
    expect(await outcome(post({ headers: bearer(token.text) }))).toEqual([401, 'ERR_TOKEN_BOUND']);
    const cover = ['@method', '@authority', '@path', '@query', 'content-digest', 'content-type'];
    expect(await outcome(post({ headers: await proven(), cover }))).toEqual([
      401,
      'ERR_SIGNATURE_INCOMPLETE',
    ]);
  });

  it('are each accepted once, whatever new one stands beside it [C5] [C47]', async () => {
    const headers = await proven();
    const sent = sign({ headers });
    expect(await outcome(transmit(portOf(api), sent))).toBe(201);
    expect(await outcome(post({ headers }))).toEqual([401, 'ERR_DPOP_PROOF_REPLAYED']);
    const [, proof = ['', '']] = await proven();
    const refreshed = sent.headers.map(([name, value]) =>
      name === 'DPoP' ? proof : ([name, value] as const),
    );
    expect(await outcome(transmit(portOf(api), { ...sent, headers: refreshed }))).toEqual([
      401,
      'ERR_SIGNATURE_REPLAYED',
    ]);
  });

  it('name one client, and the proof is for this very route [C58]', async () => {
    await register(api.app, 'other', ['a:read']);
    const other = await issueKey(api.app, 'other', { signing: true });
    expect(await outcome(post({ headers: await proven() }, other))).toEqual([
      401,
      'ERR_CREDENTIAL_MISMATCH',
    ]);
    expect(await outcome(post({ headers: await proven('/signed') }))).toEqual([
      401,
      'ERR_DPOP_PROOF_INVALID',
    ]);
  });

  it('are asked for again of a token, and of a key, that was let in before', async () => {
    const bound = async (path: string) =>
      outcome(api.get(path, token.headers(await token.proof(path))));
    for (let n = 0; n < 2; n += 1) {
      for (const path of ['/plain', '/bound']) {
        expect(await bound(path)).toBe(200);
        const bearer = { Authorization: `Bearer ${token.text}` };
        expect(await outcome(api.get(path, bearer))).toEqual([401, 'ERR_TOKEN_BOUND']);
        const foreign = await (await ProofMaker.create()).proof({ htm: 'GET' });
        expect(await outcome(api.get(path, token.headers(foreign)))).toEqual([
          401,
          'ERR_DPOP_PROOF_INVALID',
        ]);
      }
      const text = { 'X-API-Key': issued.plaintext };
      expect(await outcome(post({ target: '/signed' }))).toBe(201);
      expect(await outcome(api.send('POST', '/key', text))).toBe(201);
      expect(await outcome(api.send('POST', '/signed', text))).toEqual([
        401,
        'ERR_SIGNATURE_REQUIRED',
      ]);
      // What was enough where less is covered is not enough here, though it is the same caller.
      expect(await outcome(post({ target: '/key' }))).toBe(201);
      expect(await outcome(post({ target: '/strict' }))).toEqual([401, 'ERR_SIGNATURE_INCOMPLETE']);
    }
  });

  it('do not help the text of a key that may sign only, before or after it signed', async () => {
    const only = await issueKey(api.app, 'shop', { signedOnly: true });
    const text = [['X-API-Key', only.plaintext]] as const;
    for (let n = 0; n < 2; n += 1) {
      const alone = api.send('POST', '/key', text);
      expect(await outcome(alone)).toEqual([401, 'ERR_CREDENTIAL_SIGNED_ONLY']);
      expect(await outcome(post({ target: '/key' }, only))).toBe(201);
      for (const target of ['/key', '/signed']) {
        expect(await outcome(post({ target, headers: text }, only))).toEqual([
          401,
          'ERR_CREDENTIAL_SIGNED_ONLY',
        ]);
      }
      const beside = [...text, ...(await proven())];
      expect(await outcome(post({ headers: beside }, only))).toEqual([
        401,
        'ERR_CREDENTIAL_SIGNED_ONLY',
      ]);
    }
  });

  it('give a new nonce to whoever proved a key, and every try is signed anew', async () => {
    await open({ dpop: { requireNonce: true } });
    const first = await post({ headers: await proven() });
    expect(first.status).toBe(401);
    expect(first.headers['www-authenticate']).toContain('use_dpop_nonce');
    const nonce = first.headers['dpop-nonce'];
    const headers = await proven('/both', await token.proof('/both', { htm: 'POST', nonce }));
    const second = await post({ headers });
    expect(second.status).toBe(201);
    expect(second.headers['dpop-nonce']).toBeDefined();
  });

  it('are missed in the log alone while an app moves in, and what is bad is nobody’s', async () => {
    await open({ enforce: 'report' });
    const nobody = { client: null, user: null, isBound: false };
    const said = async (answer: Promise<{ readonly body: unknown }>) => {
      const { body } = await answer;
      return [body, /ERR_[A-Z_]+/.exec(api.log.at(-1) ?? '')?.[0]];
    };
    const text = { 'X-API-Key': issued.plaintext };
    expect(await said(api.send('POST', '/both', text))).toEqual([nobody, 'ERR_SIGNATURE_REQUIRED']);
    const sent = sign({ headers: await proven() });
    expect((await transmit(portOf(api), sent)).body).toMatchObject({ user: 'alice' });
    expect(await said(transmit(portOf(api), sent))).toEqual([nobody, 'ERR_SIGNATURE_REPLAYED']);
    const bearer = { Authorization: `Bearer ${token.text}` };
    expect(await said(api.get('/plain', bearer))).toEqual([nobody, 'ERR_TOKEN_BOUND']);
    // Who it is, is known: only the demand is not met.
    const [body, code] = await said(post());
    expect(body).toMatchObject({ client: 'shop', isBound: false });
    expect(code).toBe('ERR_SENDER_CONSTRAINT_REQUIRED');
  });

  it('are told from those that a proxy adds by their tag, in the answer too', async () => {
    const own = { target: '/tagged', parameters: { tag: 'ours' } };
    const added = (plan: Plan): Plan => ({
      ...plan,
      tamper: ({ headers, ...sent }) => ({
        ...sent,
        headers: headers.map(([name, value]) => {
          if (name === 'Signature-Input')
            return [name, `${value}, proxy=();created=1;tag="theirs"`];
          return [name, name === 'Signature' ? `${value}, proxy=:AAAA:` : value];
        }),
      }),
    });
    const key = hmacKey(issued.signingSecret);
    const answer = await call(api, key, issued.apiKey.id, { body: BODY, ...added(own) });
    expect(answer.status).toBe(201);
    expect(answer.headers['signature-input']).toContain('"signature";req;key="sig1"');
    const untagged = added({ target: '/signed' });
    expect(await outcome(post(untagged))).toEqual([400, 'ERR_SIGNATURE_MALFORMED']);
  });
});
