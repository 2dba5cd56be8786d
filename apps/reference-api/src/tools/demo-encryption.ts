import { createClient } from '@sallyport/client';
import type { DemoCast } from './demo-cast.js';
import type { DemoRun } from './demo-run.js';

const PATH = '/v1/partner/invoices/encrypted';

/** What a partner encrypts nobody on the way can read, not even who ends TLS. */
export async function tellOfEncryption(run: DemoRun, cast: DemoCast): Promise<void> {
  const { id: keyId, secret } = cast.signerOf('partner');
  const options = { origin: run.api, signature: { keyId, secret } };
  const body = { department: 'Sales', amountCents: 99_000, currency: 'EUR' };
  const call = { method: 'POST', path: PATH, body } as const;
  const label = 'partner signature';

  await run.call({
    ...call,
    title: 'A partner encrypts its invoice, then signs it',
    via: { label, client: createClient({ ...options, encryptedBodies: {} }) },
    expect: 201,
    why: 'A JWE under a key that both sides derive from the signing secret; so is the answer.',
  });
  await run.call({
    ...call,
    title: 'The same invoice in the clear',
    via: { label, client: createClient(options) },
    expect: 415,
    why: 'This route takes encrypted bodies only.',
  });
}
