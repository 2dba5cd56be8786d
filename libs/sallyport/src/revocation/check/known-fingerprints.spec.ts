import { digestOf, fingerprintOf } from '../replica/fingerprint.js';
import { revocationKey, type RevocationTarget } from '../revocation.js';
import { KnownFingerprints } from './known-fingerprints.js';

const issuer = 'https://issuer.test';
const client = (clientId: string): RevocationTarget => ({ kind: 'client', clientId });

function setUp() {
  let computed = 0;
  const fingerprints = new KnownFingerprints((digest) => {
    computed += 1;
    return fingerprintOf(digest);
  }, 10);
  return { fingerprints, computed: () => computed };
}

describe('KnownFingerprints', () => {
  it('computes once what credentials share, and tells the same as the digest', () => {
    const { fingerprints, computed } = setUp();
    const targets: readonly RevocationTarget[] = [
      client('shop'),
      { kind: 'issuer', issuer },
      { kind: 'user', issuer, subject: 'alice' },
      { kind: 'user-client', issuer, subject: 'alice', clientId: 'shop' },
    ];
    for (const target of [...targets, ...targets]) {
      expect(fingerprints.of(target)).toEqual(fingerprintOf(digestOf(revocationKey(target))));
    }
    expect(computed()).toBe(targets.length);
  });

  it('remembers nothing of single tokens and sessions', () => {
    const { fingerprints } = setUp();
    fingerprints.of({ kind: 'token', issuer, jti: 'a' });
    fingerprints.of({ kind: 'session', issuer, sid: 'a' });
    expect(fingerprints.size).toBe(0);
  });

  it('holds no more than it may, and keeps what is in use [T10]', () => {
    const { fingerprints, computed } = setUp();
    for (let n = 0; n < 1000; n++) {
      fingerprints.of(client(`client ${n}`));
      fingerprints.of(client('busy'));
    }
    expect(fingerprints.size).toBeLessThanOrEqual(20);
    expect(computed()).toBe(1001);
  });
});
