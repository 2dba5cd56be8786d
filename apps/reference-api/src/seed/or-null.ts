import { SallyportError } from '@sallyport/nest';

/** Null where there is nothing to be found (ERR_NOT_FOUND). */
export async function orNull<T>(finding: Promise<T>): Promise<T | null> {
  try {
    return await finding;
  } catch (error) {
    if (error instanceof SallyportError && error.code === 'ERR_NOT_FOUND') return null;
    throw error;
  }
}
