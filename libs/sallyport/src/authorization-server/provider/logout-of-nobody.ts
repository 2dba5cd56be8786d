import type { KoaContextWithOIDC, Provider } from 'oidc-provider';
import { afterAnswer } from './after-answer.js';

/**
 * Leads on at once whoever has nothing to sign out of (OpenID Connect RP-Initiated Logout 1.0 §2). The engine's own
 * answer is a form that a script sends, and no page of ours runs one.
 */
export function skipLogoutOfNobody(provider: Provider): void {
  afterAnswer(provider, (ctx, oidc) => {
    if (oidc?.route !== 'end_session' || ctx.status !== 200) return;
    if (oidc.session?.accountId !== undefined) return;
    ctx.status = 303;
    ctx.redirect(afterLogout(oidc));
  });
}

/** The URI is one of the client's, or the engine has taken it away. */
function afterLogout(oidc: KoaContextWithOIDC['oidc']): string {
  const { post_logout_redirect_uri: uri, state } = oidc.params ?? {};
  if (typeof uri !== 'string') return oidc.urlFor('end_session_success');
  const url = new URL(uri);
  if (typeof state === 'string') url.searchParams.set('state', state);
  return url.href;
}
