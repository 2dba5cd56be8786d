import type { ServerResponse } from 'node:http';
import {
  Controller,
  Get,
  Param,
  Post,
  Req,
  Res,
  UseFilters,
  VERSION_NEUTRAL,
} from '@nestjs/common';
import { AlwaysEnforced } from '../../policy/enforcement.js';
import { rawRequest, type AdapterRequest } from '../../request/adapter-request.js';
import { Public } from '../../request/public.decorator.js';
import { RequestOrigin } from '../../request/request-origin.js';
import { PageWriter } from '../pages/page-writer.js';
import { InteractionErrorFilter } from './interaction-error.filter.js';
import { InteractionPages } from './interaction-pages.js';
import { InteractionRefusal } from './interaction-refusal.js';
import { InteractionRequests, type InteractionRequest } from './interaction-requests.js';
import { Interactions } from './interaction.js';
import { SignIn } from './sign-in.js';

/** Express's response is the raw one, Fastify's carries it. */
type AdapterResponse = ServerResponse & { readonly raw?: ServerResponse };

/** Asks users to sign in and to consent. The engine sends them here, and its `Interactions` say where they go on. */
@AlwaysEnforced()
@Public()
@UseFilters(InteractionErrorFilter)
@Controller({ path: 'oauth/interaction', version: VERSION_NEUTRAL })
export class InteractionController {
  constructor(
    private readonly interactions: Interactions,
    private readonly requests: InteractionRequests,
    private readonly pages: InteractionPages,
    private readonly writer: PageWriter,
    private readonly signIn: SignIn,
    private readonly origin: RequestOrigin,
  ) {}

  @Get(':uid')
  async show(
    @Param('uid') uid: string,
    @Req() request: AdapterRequest,
    @Res() response: AdapterResponse,
  ): Promise<void> {
    const interaction = await this.requests.question(asked(uid, request, response));
    const html =
      interaction.prompt === 'login'
        ? this.pages.login(interaction, { username: interaction.loginHint ?? '', message: null })
        : await this.pages.consent(interaction);
    this.writer.page(response, { status: 200, html, redirectUri: interaction.redirectUri });
  }

  @Post(':uid/login')
  async login(
    @Param('uid') uid: string,
    @Req() request: AdapterRequest,
    @Res() response: AdapterResponse,
  ): Promise<void> {
    const question = asked(uid, request, response);
    const { interaction, form } = await this.requests.answer(question, 'login', [
      'username',
      'password',
    ]);
    const { username = '', password = '' } = form;
    const outcome = await this.signIn.attempt({
      username,
      password,
      address: this.origin.addressOf(request),
      clientId: interaction.client.clientId,
    });
    const { redirectUri } = interaction;
    switch (outcome.kind) {
      case 'signed-in': {
        const { request: raw, response: rawResponse } = question;
        const location = await this.interactions.signIn(raw, rawResponse, outcome.login);
        this.goOn(response, location);
        return;
      }
      case 'refused': {
        const shown = { username, message: 'User name or password is wrong.' };
        const html = this.pages.login(interaction, shown);
        this.writer.page(response, { status: 400, html, redirectUri });
        return;
      }
      case 'delayed': {
        const { retryAfterSeconds } = outcome;
        const shown = { username, message: 'Too many attempts.', retryAfterSeconds };
        const html = this.pages.login(interaction, shown);
        this.writer.page(response, { status: 429, html, redirectUri, retryAfterSeconds });
      }
    }
  }

  @Post(':uid/cancel')
  async cancel(
    @Param('uid') uid: string,
    @Req() request: AdapterRequest,
    @Res() response: AdapterResponse,
  ): Promise<void> {
    const question = asked(uid, request, response);
    await this.requests.answer(question, 'login', []);
    this.goOn(response, await this.refuse(question));
  }

  @Post(':uid/consent')
  async consent(
    @Param('uid') uid: string,
    @Req() request: AdapterRequest,
    @Res() response: AdapterResponse,
  ): Promise<void> {
    const question = asked(uid, request, response);
    const { interaction, form } = await this.requests.answer(question, 'consent', ['decision']);
    const { decision } = form;
    if (decision !== 'allow' && decision !== 'deny') throw new InteractionRefusal('form-malformed');
    const location =
      decision === 'allow'
        ? await this.interactions.allow(question.request, question.response, interaction)
        : await this.refuse(question);
    this.goOn(response, location);
  }

  private goOn(response: AdapterResponse, location: string | null): void {
    if (location === null) throw new InteractionRefusal('interaction-expired');
    this.writer.seeOther(response, location);
  }

  private refuse({ request, response }: InteractionRequest): Promise<string | null> {
    return this.interactions.refuse(request, response);
  }
}

const asked = (
  uid: string,
  request: AdapterRequest,
  response: AdapterResponse,
): InteractionRequest => ({
  uid,
  request: rawRequest(request),
  response: response.raw ?? response,
});
