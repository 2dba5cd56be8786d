import type { KoaContextWithOIDC } from 'oidc-provider';
import type { AuthorizationPages } from '../pages/authorization-pages.js';
import { pageHeaders } from '../pages/page-headers.js';
import { RETRY_AFTER_SECONDS } from './store-failures.js';

/** Our pages where the engine shows one. */
export class EnginePages {
  constructor(private readonly pages: AuthorizationPages) {}

  logout(ctx: KoaContextWithOIDC, form: string): void {
    const { postLogoutRedirectUri } = ctx.oidc.session?.state ?? {};
    const leadsTo = typeof postLogoutRedirectUri === 'string' ? postLogoutRedirectUri : null;
    this.show(ctx, this.pages.logout({ form }), leadsTo);
  }

  /** Also whoever said no comes here. */
  async loggedOut(ctx: KoaContextWithOIDC): Promise<void> {
    const { client, provider } = ctx.oidc;
    const { accountId } = await provider.Session.get(ctx);
    const page = { clientName: client?.clientName ?? null, isSignedIn: accountId !== undefined };
    this.show(ctx, this.pages.loggedOut(page), null);
  }

  error(
    ctx: KoaContextWithOIDC,
    out: { error: string; error_description?: string | undefined },
  ): void {
    const isOurFault = ctx.status >= 500;
    if (ctx.status === 503) ctx.set('Retry-After', String(RETRY_AFTER_SECONDS));
    const page = {
      title: isOurFault ? 'Something went wrong on our side' : 'This request cannot be served',
      message: isOurFault
        ? 'Nothing was changed. Wait a moment, then go back to the app and try again.'
        : `${reasonOf(out.error_description)}Go back to the app and start again.`,
      code: out.error,
    };
    this.show(ctx, this.pages.error(page), null);
  }

  private show(ctx: KoaContextWithOIDC, page: string, leadsTo: string | null): void {
    ctx.set({ ...pageHeaders(leadsTo) });
    ctx.body = page;
  }
}

const reasonOf = (description: string | undefined): string =>
  description === undefined ? '' : `The reason: ${description}. `;
