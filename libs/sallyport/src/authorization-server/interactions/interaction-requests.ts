import type { IncomingMessage, ServerResponse } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import {
  ACCESS_TOKEN_OPTIONS,
  type ResolvedAccessTokenOptions,
} from '../../credentials/bearer/access-token.options.js';
import { CsrfTokens } from './csrf-tokens.js';
import { InteractionRefusal } from './interaction-refusal.js';
import { Interactions, type Interaction } from './interaction.js';
import { mayBeFromOwnPage } from './own-page.js';
import { readForm } from './read-form.js';

/** What a browser asks of which interaction. */
export interface InteractionRequest {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** From the URL. */
  readonly uid: string;
}

export interface Answered<Field extends string> {
  readonly interaction: Interaction;
  readonly form: Readonly<Partial<Record<Field, string>>>;
}

/** Finds the question of a request, and reads its answer only from a form of our own. Throws InteractionRefusal. */
@Injectable()
export class InteractionRequests {
  private readonly origin: string;

  constructor(
    private readonly interactions: Interactions,
    private readonly csrf: CsrfTokens,
    @Inject(ACCESS_TOKEN_OPTIONS) { issuer }: Pick<ResolvedAccessTokenOptions, 'issuer'>,
  ) {
    this.origin = new URL(issuer).origin;
  }

  async question({ request, response, uid }: InteractionRequest): Promise<Interaction> {
    const interaction = await this.interactions.find(request, response);
    // The browser's cookie says which one; a page that was left open may be of an earlier one.
    if (interaction?.uid !== uid) throw new InteractionRefusal('interaction-expired');
    return interaction;
  }

  async answer<Field extends string>(
    asked: InteractionRequest,
    prompt: Interaction['prompt'],
    fields: readonly Field[],
  ): Promise<Answered<Field>> {
    if (!mayBeFromOwnPage(asked.request, this.origin)) throw new InteractionRefusal('form-foreign');
    const { csrf = '', ...form } = await readForm<string>(asked.request, ['csrf', ...fields]);
    if (!this.csrf.verify(asked.uid, csrf)) throw new InteractionRefusal('form-foreign');
    const interaction = await this.question(asked);
    if (interaction.prompt !== prompt) throw new InteractionRefusal('interaction-expired');
    return { interaction, form: form as Answered<Field>['form'] };
  }
}
