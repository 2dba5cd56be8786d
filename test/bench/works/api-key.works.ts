import { VerifyApiKey } from '../../../libs/sallyport/src/api-keys/verify-api-key.js';
import { guardedContext, issueKeys, registerClient } from '../apps/app-context.js';
import { CALLERS } from '../apps/names.js';
import { Rival } from '../rivals/better-auth.js';
import { each, type Work } from './work.js';

/** Parses, compares checksum and hash, reads the record that this process knows already. */
export async function ourApiKey(): Promise<Work> {
  const app = await guardedContext(null);
  await registerClient(app);
  const keys = await issueKeys(app, CALLERS);
  const verifier = app.get(VerifyApiKey);
  const work = each(keys, (key) => verifier.verify(key, '127.0.0.1'));
  return { work, inFlight: null, close: () => app.close() };
}

export async function betterAuthApiKey(): Promise<Work> {
  const rival = await Rival.start(null);
  const keys = await rival.issueKeys(CALLERS);
  const work = each(keys, async (key) => {
    if (!(await rival.verify(key))) throw new Error('better-auth refused its own key');
  });
  return { work, inFlight: null, close: () => rival.close() };
}
