import { SallyportError } from '../errors.js';
import { UserDirectory, type AuthenticatedUser, type PasswordLogin } from './user-directory.js';

/** A password hash with a queue before it fits in, and the answer still comes within two seconds. */
const TIMEOUT_MILLISECONDS = 1_750;

/** The host's directory, which may neither hang nor fail in ways of its own: both are ERR_STORE_UNAVAILABLE. */
export class BoundedUserDirectory extends UserDirectory {
  constructor(private readonly directory: UserDirectory) {
    super();
  }

  subjectOf(username: string): Promise<string | null> {
    return ask(() => this.directory.subjectOf(username));
  }

  authenticate(login: PasswordLogin): Promise<AuthenticatedUser | null> {
    return ask(() => this.directory.authenticate(login));
  }

  findBySub(subject: string): Promise<{ readonly subject: string } | null> {
    return ask(() => this.directory.findBySub(subject));
  }

  claims(subject: string, scope: ReadonlySet<string>): Promise<Readonly<Record<string, unknown>>> {
    return ask(() => this.directory.claims(subject, scope));
  }
}

async function ask<Answer>(question: () => Promise<Answer>): Promise<Answer> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    reject(unavailable('does not answer'));
  }, TIMEOUT_MILLISECONDS);
  try {
    return await Promise.race([Promise.try(question), late]);
  } catch (error) {
    throw error instanceof SallyportError ? error : unavailable('failed', error);
  } finally {
    clearTimeout(timer);
  }
}

const unavailable = (how: string, cause?: unknown): SallyportError =>
  new SallyportError('ERR_STORE_UNAVAILABLE', {
    reason: `the user directory ${how}`,
    retryAfterSeconds: 1,
    cause,
  });
