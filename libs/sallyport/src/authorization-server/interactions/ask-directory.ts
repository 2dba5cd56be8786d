import { SallyportError } from '../../errors.js';

/** Asks the host's `UserDirectory`. What it throws that is not ours becomes ERR_STORE_UNAVAILABLE. */
export async function askDirectory<Answer>(question: () => Promise<Answer>): Promise<Answer> {
  try {
    return await question();
  } catch (cause) {
    if (cause instanceof SallyportError) throw cause;
    throw new SallyportError('ERR_STORE_UNAVAILABLE', {
      reason: 'the user directory failed',
      retryAfterSeconds: 1,
      cause,
    });
  }
}
