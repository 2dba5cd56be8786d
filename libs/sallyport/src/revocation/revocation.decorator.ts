import { SetMetadata, type CustomDecorator } from '@nestjs/common';

/**
 * How a route learns what is revoked.
 * - `replica`: from what this instance knows; refused with 503 when that is staler than `maxStalenessSeconds`.
 * - `strict`: also asks Redis at every request, and PostgreSQL when Redis cannot vouch for what it has; 503 when neither
 *   answers. For the few routes where milliseconds count.
 * - `stale`: from what this instance knows, however long ago it was told. For routes that must go on while stores are
 *   away for long.
 */
export type RevocationMode = 'replica' | 'strict' | 'stale';

export const REVOCATION_MODES: readonly RevocationMode[] = ['replica', 'strict', 'stale'];

export const REVOCATION_MODE = 'sallyport:revocation-mode';

/** For a handler, or for all of a controller that say nothing else. Without it a route is `replica`. */
export const Revocation = (mode: RevocationMode): CustomDecorator =>
  SetMetadata(REVOCATION_MODE, mode);
