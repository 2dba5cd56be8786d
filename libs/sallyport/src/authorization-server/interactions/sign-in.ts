import { hash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { SecurityEvents } from '../../audit/security-events.js';
import {
  ACCESS_TOKEN_OPTIONS,
  type ResolvedAccessTokenOptions,
} from '../../credentials/bearer/access-token.options.js';
import { addressBlock } from '../../network/address.js';
import { RevocationService } from '../../revocation/revocation.service.js';
import { RateLimiter } from '../../throttling/rate-limiter.js';
import { UserStatusService } from '../../users/user-status.service.js';
import { UserDirectory, type PasswordLogin } from '../user-directory.js';
import type { CompletedLogin } from './interaction.js';
import { SIGN_IN_OPTIONS, type ResolvedSignInOptions } from './sign-in.options.js';

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
    private readonly limiter: RateLimiter,
    private readonly revocations: RevocationService,
    private readonly users: UserStatusService,
    private readonly events: SecurityEvents,
    @Inject(ACCESS_TOKEN_OPTIONS)
    private readonly tokens: Pick<ResolvedAccessTokenOptions, 'issuer'>,
    @Inject(SIGN_IN_OPTIONS) private readonly options: ResolvedSignInOptions,
  ) {}

  /** Throws ERR_STORE_UNAVAILABLE, also when the directory fails. */
  async attempt(attempt: SignInAttempt): Promise<SignInOutcome> {
    const retryAfterSeconds = await this.spend(attempt);
    const { issuer } = this.tokens;
    const { address, clientId } = attempt;
    const login = retryAfterSeconds === null ? await this.authenticate(attempt) : null;
    if (login !== null) {
      this.events.raise({
        kind: 'sign-in.succeeded',
        issuer,
        subject: login.subject,
        clientId,
        address,
      });
      return { kind: 'signed-in', login };
    }
    this.events.raise({ kind: 'sign-in.failed', clientId, address });
    return retryAfterSeconds === null
      ? { kind: 'refused' }
      : { kind: 'delayed', retryAfterSeconds };
  }

  /** Null when the attempt may be made; else how long until the next one may. */
  private async spend({ username, address }: SignInAttempt): Promise<number | null> {
    const { attempts, addressAttempts, windowSeconds } = this.options;
    const block = addressBlock(address);
    const rule = { group: `sign-in:${block}`, windowSeconds };
    // Never by account alone: whoever knows a user name could lock its owner out.
    const states = await this.limiter.consume([
      { ...rule, policy: 'sign-in', tracker: accountTracker(username), limit: attempts },
      { ...rule, policy: 'sign-in-address', tracker: 'all', limit: addressAttempts },
    ]);
    const waits = states
      .filter(({ allowed }) => !allowed)
      .map(({ retryAfterSeconds }) => retryAfterSeconds);
    return waits.length === 0 ? null : Math.max(...waits);
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

/** One for all spellings that a directory may take for the same name. A hash: names are no business of the counters. */
const accountTracker = (username: string): string =>
  hash('sha256', username.normalize('NFKC').trim().toLowerCase(), 'hex');
