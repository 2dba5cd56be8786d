import { Inject, Injectable } from '@nestjs/common';
import { SecurityEvents } from '../../audit/security-events.js';
import {
  ACCESS_TOKEN_OPTIONS,
  type ResolvedAccessTokenOptions,
} from '../../credentials/bearer/access-token.options.js';
import { RevocationService } from '../../revocation/revocation.service.js';
import { UserStatusService } from '../../users/user-status.service.js';
import { UserDirectory, type PasswordLogin } from '../user-directory.js';
import type { CompletedLogin } from './interaction.js';
import { SignInPace } from './sign-in-pace.js';

export interface SignInAttempt extends PasswordLogin {
  /** Of whoever tries, in canonical form. */
  readonly address: string;
  /** The client that they want to go on to. */
  readonly clientId: string;
}

export type SignInOutcome =
  | { readonly kind: 'signed-in'; readonly login: CompletedLogin }
  /** Unknown, wrong and suspended are one: who asks learns nothing of it. */
  | { readonly kind: 'refused' }
  /** The password was not looked at. */
  | { readonly kind: 'delayed'; readonly retryAfterSeconds: number };

const MAX_USERNAME_LENGTH = 256;
const MAX_PASSWORD_LENGTH = 1_024;
const CONTROL = /\p{Cc}/u;

/** No user's subject: stands for the unknown ones, whose attempts cost as many questions as the others. */
const NOBODY = '';

/** Signs a user in with a password, at a pace that makes guessing hopeless and locks nobody out. */
@Injectable()
export class SignIn {
  constructor(
    private readonly directory: UserDirectory,
    private readonly pace: SignInPace,
    private readonly revocations: RevocationService,
    private readonly users: UserStatusService,
    private readonly events: SecurityEvents,
    @Inject(ACCESS_TOKEN_OPTIONS)
    private readonly tokens: Pick<ResolvedAccessTokenOptions, 'issuer'>,
  ) {}

  /** Throws ERR_STORE_UNAVAILABLE, also when the directory fails. */
  async attempt(attempt: SignInAttempt): Promise<SignInOutcome> {
    const { issuer } = this.tokens;
    const { address, clientId } = attempt;
    const retryAfterSeconds = await this.pace.spend(attempt);
    const login = retryAfterSeconds === null ? await this.authenticate(attempt) : null;
    if (login !== null) {
      await this.pace.succeeded(attempt);
      const { subject } = login;
      this.events.raise({ kind: 'sign-in.succeeded', issuer, subject, clientId, address });
      return { kind: 'signed-in', login };
    }
    this.events.raise({ kind: 'sign-in.failed', clientId, address });
    if (retryAfterSeconds !== null) return { kind: 'delayed', retryAfterSeconds };
    await this.pace.failed(attempt);
    return { kind: 'refused' };
  }

  private async authenticate(attempt: SignInAttempt): Promise<CompletedLogin | null> {
    const { username, password, clientId } = attempt;
    if (!isPlausible(attempt)) return null;
    const subject = await this.directory.subjectOf(username);
    const user = { issuer: this.tokens.issuer, subject: subject ?? NOBODY };
    // Before the password: if it is changed while it is checked, this epoch is the old one, and nothing comes of it.
    const epochs = await this.revocations.currentEpochs({ user, clientId });
    const found = await this.directory.authenticate({ username, password });
    const isSuspended = await this.users.isSuspendedNow(user);
    if (subject === null || found?.subject !== subject || isSuspended) return null;
    return { subject, userEpoch: epochs.user, amr: found.amr };
  }
}

const isPlausible = ({ username, password }: PasswordLogin): boolean =>
  username !== '' &&
  username.length <= MAX_USERNAME_LENGTH &&
  !CONTROL.test(username) &&
  password !== '' &&
  password.length <= MAX_PASSWORD_LENGTH;
