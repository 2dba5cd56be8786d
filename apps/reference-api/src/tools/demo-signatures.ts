import type { DemoCast } from './demo-cast.js';
import type { DemoRun } from './demo-run.js';
import { signRequest } from './sign-request.js';

const PATH = '/v1/partner/invoices';

/** What a partner signs is worth nothing to whoever sees it go by. */
export async function tellOfSignatures(run: DemoRun, cast: DemoCast): Promise<void> {
  run.chapter('A request that is signed, and somebody on the way');
  const partner = cast.signerOf('partner');
  const invoice = { department: 'Sales', amountCents: 99_000, currency: 'EUR' };
  const sign = (body: object, keyId = partner.id) =>
    signRequest(
      { method: 'POST', url: `${run.api}${PATH}`, body: JSON.stringify(body) },
      { id: keyId, secret: partner.secret },
    );
  const call = { method: 'POST', path: PATH } as const;
  const shown = 'partner signature';

  await run.call({
    ...call,
    title: 'A partner sends an invoice without signing it',
    body: invoice,
    expect: 401,
    why: 'This route takes signed requests only; Accept-Signature says how.',
  });
  const headers = sign(invoice);
  await run.call({
    ...call,
    title: 'A partner signs its invoice',
    signed: { label: shown, headers },
    body: invoice,
    expect: 201,
    why: 'HMAC over method, host, path and body under a secret that never travels.',
  });
  await run.call({
    ...call,
    title: 'Somebody repeats the request, byte for byte',
    signed: { label: `the same ${shown}`, headers },
    body: invoice,
    expect: 401,
    why: 'A replay: its nonce was spent, on every instance.',
  });
  await run.call({
    ...call,
    title: 'Somebody changes a byte of the body on the way',
    signed: { label: shown, headers: sign(invoice) },
    body: { ...invoice, amountCents: 99_001 },
    expect: 401,
    why: 'Content-Digest is signed, and is that of another body.',
  });
  await run.call({
    ...call,
    title: 'The partner signs under the key id of another app',
    signed: {
      label: `${shown}, keyid of nightly-job`,
      headers: sign(invoice, cast.keyOf('nightly-job').id),
    },
    body: invoice,
    expect: 401,
    why: 'That key has another secret, or none: nobody signs in the name of others.',
  });
}
