import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Provider } from 'oidc-provider';
import type { SigningKeyMaterial } from '../../signing-keys/opened-signing-keys.js';
import { type SigningKeyService } from '../../signing-keys/signing-key.service.js';
import type { EngineParts } from './engine-parts.js';
import { noteArrival, type Arrival } from './engine-request.js';
import { createProvider } from './provider.factory.js';

/** Answers a request whose path is one of the engine's, without the issuer's part of it. */
export type EngineHandler = (
  request: IncomingMessage,
  response: ServerResponse,
  arrival: Arrival,
) => Promise<void>;

interface Running {
  readonly provider: Provider;
  readonly handler: EngineHandler;
  readonly keys: readonly SigningKeyMaterial[];
}

/**
 * The engine of this moment. Its keys are fixed when it is built, so a rotation builds another and swaps it in;
 * requests that the old one has begun end there. Keep this, never a Provider.
 */
export class Engine {
  private running: Running | undefined;

  constructor(
    private readonly signingKeys: SigningKeyService,
    private readonly parts: EngineParts,
  ) {}

  /** Throws ERR_KEYS_UNAVAILABLE, ERR_STORE_UNAVAILABLE. */
  async provider(): Promise<Provider> {
    return (await this.current()).provider;
  }

  /** Ask for it at every request. Throws ERR_KEYS_UNAVAILABLE, ERR_STORE_UNAVAILABLE. */
  async handler(): Promise<EngineHandler> {
    return (await this.current()).handler;
  }

  private async current(): Promise<Running> {
    // The same array as before, as long as no key moved on any instance for half a second.
    const keys = await this.signingKeys.signingKeys();
    if (this.running?.keys !== keys) {
      const provider = createProvider(this.parts, keys);
      this.running = { provider, handler: handlerOf(provider), keys };
    }
    return this.running;
  }
}

function handlerOf(provider: Provider): EngineHandler {
  const answer = provider.callback();
  return (request, response, arrival) => {
    noteArrival(request, arrival);
    return answer(request, response);
  };
}
