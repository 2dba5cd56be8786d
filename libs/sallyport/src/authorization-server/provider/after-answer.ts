import type { KoaContextWithOIDC, Provider } from 'oidc-provider';
import { ROUTES } from './routes.js';

type Middleware = Parameters<Provider['use']>[0];

/** What an endpoint's own answer is corrected by. Outside the engine's routes there is no `oidc`. */
type Correction = (
  ctx: KoaContextWithOIDC,
  oidc: KoaContextWithOIDC['oidc'] | undefined,
) => void | Promise<void>;

/** Runs `correct` on what the engine has answered; but not on tokens, which are most of it and need none. */
export function afterAnswer(provider: Provider, correct: Correction): void {
  provider.use(((ctx: KoaContextWithOIDC, next: () => Promise<void>) => {
    if (ctx.path === ROUTES.token) return next();
    return next().then(() => correct(ctx, ctx.oidc as KoaContextWithOIDC['oidc'] | undefined));
  }) as Middleware);
}
