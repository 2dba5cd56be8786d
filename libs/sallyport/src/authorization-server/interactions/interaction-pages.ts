import { Inject, Injectable } from '@nestjs/common';
import {
  ACCESS_TOKEN_OPTIONS,
  type ResolvedAccessTokenOptions,
} from '../../credentials/bearer/access-token.options.js';
import { AuthorizationPages } from '../pages/authorization-pages.js';
import type { LoginPage } from '../pages/login.page.js';
import { UserDirectory } from '../user-directory.js';
import { CsrfTokens } from './csrf-tokens.js';
import { InteractionRefusal } from './interaction-refusal.js';
import type { Interaction } from './interaction.js';
import { describeScope, SCOPE_DESCRIPTIONS, type ScopeDescriptions } from './scope-descriptions.js';

/** The page on which a user answers an interaction. */
@Injectable()
export class InteractionPages {
  /** As the browser sees it, whatever a proxy in front of us makes of the path. */
  private readonly path: string;

  constructor(
    private readonly pages: AuthorizationPages,
    private readonly csrf: CsrfTokens,
    private readonly directory: UserDirectory,
    @Inject(SCOPE_DESCRIPTIONS) private readonly descriptions: ScopeDescriptions,
    @Inject(ACCESS_TOKEN_OPTIONS) { issuer }: Pick<ResolvedAccessTokenOptions, 'issuer'>,
  ) {
    this.path = `${new URL(issuer).pathname}/interaction`;
  }

  login(
    interaction: Interaction,
    shown: Pick<LoginPage, 'username' | 'message' | 'retryAfterSeconds'>,
  ): string {
    return this.pages.login({
      ...shown,
      ...this.formOf(interaction),
      clientName: interaction.client.name,
    });
  }

  /** Throws ERR_STORE_UNAVAILABLE when the directory cannot say who is signed in. */
  async consent(interaction: Interaction): Promise<string> {
    const { client, scope, subject, resources } = interaction;
    if (subject === null) throw new InteractionRefusal('interaction-expired');
    return this.pages.consent({
      ...this.formOf(interaction),
      clientName: client.name,
      clientId: client.clientId,
      isThirdParty: client.isThirdParty,
      userName: await this.userName(subject),
      scope: describeScope(scope, this.descriptions),
      resources,
    });
  }

  private formOf({ uid }: Interaction): { readonly action: string; readonly csrf: string } {
    return { action: `${this.path}/${encodeURIComponent(uid)}`, csrf: this.csrf.issue(uid) };
  }

  /** By what users know themselves: a subject may be any identifier. */
  private async userName(subject: string): Promise<string> {
    const profile = new Set(['profile']);
    const claims = await this.directory.claims(subject, profile);
    const { preferred_username: username, name } = claims;
    return [username, name].find((claim) => typeof claim === 'string') ?? subject;
  }
}
