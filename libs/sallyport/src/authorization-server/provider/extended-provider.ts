import { Provider, type Configuration, type TokenEndpointGrantContext } from 'oidc-provider';
import type { GrantHandlers, GrantHandler } from './grant-handlers.js';

/** Parameters that a grant reads, and which of them may come twice. */
type Restrictions = [params?: Names, duplicates?: Names];
type Names = string | readonly string[] | ReadonlySet<string>;

/** Every grant that the engine brings must pass through our hands, or a code could be spent twice. */
const MUST_BE_WRAPPED = ['authorization_code', 'refresh_token', 'client_credentials'];

/**
 * The engine with our grants in place of its own. It registers those through the public `registerGrantType`, while it
 * is being constructed; that it does so is checked, since no documentation promises it.
 */
export function createExtendedProvider(
  issuer: string,
  configuration: Configuration,
  handlers: GrantHandlers,
): Provider {
  const wrapped = new Set<string>();
  class ExtendedProvider extends Provider {
    override registerGrantType<Params extends object>(
      name: string,
      handler: (ctx: TokenEndpointGrantContext<Params>) => void | Promise<void>,
      ...rest: Restrictions
    ): void {
      wrapped.add(name);
      const ours = handlers.wrap(name, handler as GrantHandler);
      super.registerGrantType(name, ours, ...rest);
    }
  }
  const provider = new ExtendedProvider(issuer, configuration);
  const missing = MUST_BE_WRAPPED.filter((name) => !wrapped.has(name));
  if (missing.length > 0) {
    throw new TypeError(`this version of oidc-provider does not register ${missing.join(', ')}`);
  }
  return provider;
}
