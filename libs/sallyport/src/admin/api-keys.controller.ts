import { Body, Get, Header, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiKeyService } from '../api-keys/api-key.service.js';
import type { IssuedApiKey } from '../api-keys/api-key-records.js';
import { Clock } from '../clock.js';
import {
  ACCESS_TOKEN_OPTIONS,
  type ResolvedAccessTokenOptions,
} from '../credentials/bearer/access-token.options.js';
import type { ClientPrincipal } from '../principals/caller.js';
import { CurrentClient } from '../principals/current.decorators.js';
import { AdminController } from './admin-controller.decorator.js';
import { IssueApiKeyDto, ListApiKeysDto, ReasonDto, RotateApiKeyDto } from './admin.dto.js';
import { ADMIN_OPTIONS, type AdminOptions } from './admin.options.js';
import { ApiKeyViews } from './api-key-views.js';
import { viewOf, type ApiKeyView } from './api-key.view.js';
import { changedBy } from './changed-by.js';

/** No cache on the way may keep an answer that holds a key (RFC 9111 §5.2.2.5). */
const NOT_KEPT = ['Cache-Control', 'no-store'] as const;

/** A key with its text and signing secret: the only answer that ever holds them. */
interface IssuedApiKeyView extends ApiKeyView {
  readonly key: string;
  /** Only of a key that can sign. */
  readonly signingSecret?: string;
}

@AdminController('api-keys')
export class ApiKeysController {
  constructor(
    private readonly apiKeys: ApiKeyService,
    private readonly views: ApiKeyViews,
    private readonly clock: Clock,
    @Inject(ACCESS_TOKEN_OPTIONS) private readonly tokens: ResolvedAccessTokenOptions,
    @Inject(ADMIN_OPTIONS) private readonly options: AdminOptions,
  ) {}

  @Post()
  @Header(...NOT_KEPT)
  async issue(
    @Body() { reason, user, ...key }: IssueApiKeyDto,
    @CurrentClient() client: ClientPrincipal,
  ): Promise<IssuedApiKeyView> {
    const issuer = user?.iss ?? this.options.userIssuer ?? this.tokens.issuer;
    const owner = user === undefined ? {} : { user: { issuer, subject: user.sub } };
    return this.view(await this.apiKeys.issue({ ...key, ...owner }, changedBy(client, reason)));
  }

  @Get()
  @Header(...NOT_KEPT)
  async list(
    @Query() { clientId, ...page }: ListApiKeysDto,
  ): Promise<{ readonly apiKeys: readonly ApiKeyView[] }> {
    return { apiKeys: await this.views.of(await this.apiKeys.listByClient(clientId, page)) };
  }

  @Post(':id/rotate')
  @Header(...NOT_KEPT)
  async rotate(
    @Param('id') id: string,
    @Body() { reason, ...options }: RotateApiKeyDto = {},
    @CurrentClient() client: ClientPrincipal,
  ): Promise<IssuedApiKeyView> {
    return this.view(await this.apiKeys.rotate(id, changedBy(client, reason), options));
  }

  @Post(':id/revoke')
  @HttpCode(200)
  async revoke(
    @Param('id') id: string,
    @Body() { reason }: ReasonDto = {},
    @CurrentClient() client: ClientPrincipal,
  ): Promise<ApiKeyView> {
    await this.apiKeys.revoke(id, changedBy(client, reason));
    return viewOf(await this.apiKeys.get(id), false, this.clock.now());
  }

  private view({ apiKey, plaintext, signingSecret }: IssuedApiKey): IssuedApiKeyView {
    const view = { ...viewOf(apiKey, false, this.clock.now()), key: plaintext };
    return signingSecret === null ? view : { ...view, signingSecret };
  }
}
