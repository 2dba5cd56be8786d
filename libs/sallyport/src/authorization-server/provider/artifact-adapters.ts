import type { Adapter, AdapterFactory } from 'oidc-provider';
import { ClientAdapter } from './client.adapter.js';
import type { EngineParts } from './engine-parts.js';
import { InteractionAdapter, PushedRequestAdapter } from './ephemeral.adapters.js';
import { AuthorizationCodeAdapter } from './authorization-code.adapter.js';
import { GrantAdapter } from './grant.adapter.js';
import { OpaqueTokenAdapter } from './opaque-token.adapter.js';
import { RefreshTokenAdapter } from './refresh-token.adapter.js';
import { AbsentModelAdapter, guardedAdapter, type ModelAdapter } from './model-adapter.js';
import { SessionAdapter } from './session.adapter.js';

/** Where each of the engine's models is kept: its generic adapter on our typed stores. */
export function adapterFor(parts: EngineParts, signingAlgorithm: string): AdapterFactory {
  const { family, ephemeral, replays } = parts;
  const { logins, revocations, transactions, clock } = family;
  const makers: Readonly<Record<string, () => ModelAdapter>> = {
    Client: () => new ClientAdapter(parts.clients, signingAlgorithm),
    Session: () => new SessionAdapter(logins, revocations, transactions, clock, parts.issuer),
    Interaction: () => new InteractionAdapter(ephemeral, replays),
    PushedAuthorizationRequest: () => new PushedRequestAdapter(ephemeral, replays),
    Grant: () => new GrantAdapter(family),
    AuthorizationCode: () => new AuthorizationCodeAdapter(family),
    RefreshToken: () => new RefreshTokenAdapter(family),
    AccessToken: () => new OpaqueTokenAdapter('AccessToken', family),
    ClientCredentials: () => new OpaqueTokenAdapter('ClientCredentials', family),
  };
  return (model: string): Adapter =>
    guardedAdapter(makers[model]?.() ?? new AbsentModelAdapter(model));
}
