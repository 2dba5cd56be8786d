import { SetMetadata, type CustomDecorator } from '@nestjs/common';

/** `closed` refuses; `report` logs what it would refuse and lets it through, while an existing app moves in. */
export type Enforcement = 'closed' | 'report';

export interface PolicyOptions {
  readonly enforce: Enforcement;
  /** Fail at start on a route that declares no policy. */
  readonly requireDeclaredPolicy: boolean;
  /** What a denied object looks like: absent, or forbidden. */
  readonly deniedObject: 404 | 403;
}

export const POLICY_OPTIONS = Symbol('PolicyOptions');

export const ALWAYS_ENFORCED = 'sallyport:always-enforced';

/** For Sallyport's own controllers: `enforce: 'report'` does not open them. @internal */
export const AlwaysEnforced = (): CustomDecorator => SetMetadata(ALWAYS_ENFORCED, true);
