import { generateKeyPairSync, hash, randomUUID, sign, verify, type KeyObject } from 'node:crypto';
import { SystemClock } from '../../../libs/sallyport/src/clock.js';
import { DpopNonces } from '../../../libs/sallyport/src/credentials/dpop/dpop-nonces.js';
import { DpopProofVerifier } from '../../../libs/sallyport/src/credentials/dpop/dpop-proof.verifier.js';
import { resolveDpopOptions } from '../../../libs/sallyport/src/credentials/dpop/dpop.options.js';
import { ReplayStore } from '../../../libs/sallyport/src/ephemeral/replay.store.js';
import { SystemRandomness } from '../../../libs/sallyport/src/randomness.js';
import type { AdapterRequest } from '../../../libs/sallyport/src/request/adapter-request.js';
import { targetUriOf } from '../../../libs/sallyport/src/request/target-uri.js';
import { Sealer } from '../../../libs/sallyport/src/sealing/sealer.js';
import { MemoryReplayStore } from '../../../libs/sallyport/src/stores/memory/memory-replay.store.js';
import { createTestIssuer, encode } from '../../support/tokens.js';
import { AUDIENCE } from '../apps/names.js';
import { each, type Work } from './work.js';

const KEYS = 32;
const PROOFS_OF_A_KEY = 16;
const [METHOD, PATH] = ['GET', '/v1/invoices'];

/** The same proof comes again and again: to this one it is a new one each time. */
class EveryTimeTheFirst extends ReplayStore {
  private readonly store = new MemoryReplayStore(new SystemClock());
  private turn = 0;

  claim(kind: string, id: string, ttlSeconds: number): Promise<boolean> {
    return this.store.claim(kind, `${id}${String(this.turn++)}`, ttlSeconds);
  }
}

interface Sample {
  readonly publicKey: KeyObject;
  readonly jkt: string;
  readonly accessToken: string;
  readonly proof: string;
  readonly signingInput: Buffer;
  /** In the spelling that node:crypto verifies by itself. */
  readonly signature: Buffer;
}

function samples(): readonly Sample[] {
  const issuer = createTestIssuer();
  const times = { iat: Math.floor(Date.now() / 1000) };
  const use = { htm: METHOD, htu: `${AUDIENCE}${PATH}` };
  return Array.from({ length: KEYS }).flatMap(() => {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const { crv, kty, x, y } = publicKey.export({ format: 'jwk' });
    const jkt = hash('sha256', JSON.stringify({ crv, kty, x, y }), 'base64url');
    const accessToken = issuer.accessToken({ cnf: { jkt }, roles: ['viewer'] });
    const ath = hash('sha256', accessToken, 'base64url');
    const header = encode({ typ: 'dpop+jwt', alg: 'ES256', jwk: { kty, crv, x, y } });
    return Array.from({ length: PROOFS_OF_A_KEY }, () => {
      const text = `${header}.${encode({ jti: randomUUID(), ...use, ...times, ath })}`;
      const signingInput = Buffer.from(text);
      const jose = sign('sha256', signingInput, { key: privateKey, dsaEncoding: 'ieee-p1363' });
      const proof = `${text}.${jose.toString('base64url')}`;
      const signature = sign('sha256', signingInput, privateKey);
      return { publicKey, jkt, accessToken, proof, signingInput, signature };
    });
  });
}

/** From the text of the proof, and the request and believed token that it came with, to a key that is proven. */
export function dpopProofs(): Work {
  const clock = new SystemClock();
  const sealer = new Sealer([{ kid: 'k', key: Buffer.alloc(32, 1) }], new SystemRandomness());
  const options = resolveDpopOptions({ maxAgeSeconds: 300 }, 30, []);
  const nonces = new DpopNonces(sealer, clock);
  const verifier = new DpopProofVerifier(options, nonces, new EveryTimeTheFirst(), clock);
  const request = { method: METHOD, url: `${PATH}?page=2` } as AdapterRequest;
  const work = each(samples(), ({ proof, accessToken, jkt }) => {
    const targetUri = targetUriOf(request, AUDIENCE);
    return verifier.verify(proof, { method: METHOD, targetUri, accessToken, jkt });
  });
  return { work, inFlight: null };
}

/** The least that it could cost: the signature, and the store asked whether it is new. */
export function rawProofs(): Work {
  const store = new EveryTimeTheFirst();
  const work = each(samples(), async ({ publicKey, signingInput, signature, jkt }) => {
    if (!verify('sha256', signingInput, publicKey, signature)) throw new Error('not its signature');
    if (!(await store.claim('dpop', jkt, 90))) throw new Error('used before');
  });
  return { work, inFlight: null };
}
