import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  errors,
  type Interaction as EngineInteraction,
  type InteractionResults,
} from 'oidc-provider';
import { type ClientDirectory } from '../../clients/client.directory.js';
import { type Clock } from '../../clock.js';
import { type ConsentService } from '../../consents/consent.service.js';
import { SallyportError } from '../../errors.js';
import {
  Interactions,
  type CompletedLogin,
  type Interaction,
} from '../interactions/interaction.js';
import { type Engine } from './engine.js';

/** The pages' view of the engine. */
export class EngineInteractions extends Interactions {
  constructor(
    private readonly engine: Engine,
    private readonly clients: ClientDirectory,
    private readonly consents: ConsentService,
    private readonly clock: Clock,
    private readonly issuer: string,
    private readonly audience: string,
  ) {
    super();
  }

  async find(request: IncomingMessage, response: ServerResponse): Promise<Interaction | null> {
    const found = await this.details(request, response);
    if (found === null) return null;
    const { client_id: clientId, redirect_uri: redirectUri, login_hint: loginHint } = found.params;
    const client = await this.clients.find(String(clientId));
    if (client?.disabledAt !== null) return null;
    const { name } = found.prompt;
    if (name !== 'login' && name !== 'consent') return null;
    return {
      uid: found.uid,
      prompt: name,
      client,
      redirectUri: String(redirectUri),
      loginHint: typeof loginHint === 'string' ? loginHint : null,
      subject: found.session?.accountId ?? null,
      scope: scopeOf(found),
      resources: [found.params.resource ?? []]
        .flat()
        .map(String)
        .filter((at) => at !== this.audience),
    };
  }

  async signIn(
    request: IncomingMessage,
    response: ServerResponse,
    { subject, userEpoch, amr }: CompletedLogin,
  ): Promise<string | null> {
    // `ts`, so that the answer to a later question does not pass for another login.
    const ts = Math.floor(this.clock.now().getTime() / 1000);
    const login = { accountId: subject, amr: [...amr], userEpoch, ts };
    return this.answer(request, response, { login }, false);
  }

  async allow(
    request: IncomingMessage,
    response: ServerResponse,
    { client, subject, scope }: Interaction,
  ): Promise<string | null> {
    if (subject === null) throw new TypeError('consent of nobody');
    const user = { issuer: this.issuer, subject };
    const by = { actor: `user:${subject}@${client.clientId}` };
    await this.consents.record(user, client.clientId, scope, by);
    return this.answer(request, response, { consent: {} }, true);
  }

  refuse(request: IncomingMessage, response: ServerResponse): Promise<string | null> {
    const error = { error: 'access_denied', error_description: 'the user said no' };
    return this.answer(request, response, error, false);
  }

  private async details(
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<EngineInteraction | null> {
    const provider = await this.engine.provider();
    try {
      return await provider.interactionDetails(request, response);
    } catch (error) {
      if (error instanceof errors.SessionNotFound) return null;
      throw storeErrorOf(error);
    }
  }

  private async answer(
    request: IncomingMessage,
    response: ServerResponse,
    result: InteractionResults,
    mergeWithLastSubmission: boolean,
  ): Promise<string | null> {
    const provider = await this.engine.provider();
    try {
      return await provider.interactionResult(request, response, result, {
        mergeWithLastSubmission,
      });
    } catch (error) {
      if (error instanceof errors.SessionNotFound) return null;
      throw storeErrorOf(error);
    }
  }
}

/** All that this login is to give: what is asked for the first time, and what was agreed to before. */
const scopeOf = ({ params }: EngineInteraction): readonly string[] =>
  typeof params.scope === 'string' ? params.scope.split(' ') : [];

/** Our own error for a store that is away, as our own pages answer it. */
const storeErrorOf = (error: unknown): unknown =>
  error instanceof errors.OIDCProviderError && error.cause instanceof SallyportError
    ? error.cause
    : error;
