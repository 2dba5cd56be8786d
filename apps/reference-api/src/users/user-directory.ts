import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { UserId } from '@sallyport/nest';
import {
  UserDirectory,
  type AuthenticatedUser,
  type PasswordLogin,
} from '@sallyport/nest/authorization-server';
import { Repository } from 'typeorm';
import { APP_CONFIG, type AppConfig } from '../config.js';
import { NOBODYS_HASH, PasswordHashing } from './password-hashing.js';
import { UserEntity } from './user.entity.js';

export type KnownUser = Pick<UserEntity, 'username' | 'department'>;

/** The app's users, for its own routes and for the pages where they sign in. */
@Injectable()
export class AppUserDirectory extends UserDirectory implements OnModuleInit {
  private byId = new Map<string, KnownUser>();

  constructor(
    @InjectRepository(UserEntity) private readonly users: Repository<UserEntity>,
    private readonly passwords: PasswordHashing,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
  ) {
    super();
  }

  async onModuleInit(): Promise<void> {
    await this.reload();
  }

  async reload(): Promise<void> {
    const columns = { issuer: true, subject: true, username: true, department: true };
    const users = await this.users.find({ select: columns });
    this.byId = new Map(users.map((user) => [idOf(user), user]));
  }

  /** Who works where, as it was at start: nothing but the seed writes it, so policies need not wait. */
  find(user: UserId): KnownUser | null {
    return this.byId.get(idOf(user)) ?? null;
  }

  async subjectOf(username: string): Promise<string | null> {
    return (await this.named(username))?.subject ?? null;
  }

  async authenticate({ username, password }: PasswordLogin): Promise<AuthenticatedUser | null> {
    const user = await this.named(username);
    const isRight = await this.passwords.verify(password, user?.passwordHash ?? NOBODYS_HASH);
    // RFC 8176 §2: `pwd`, by something that the user knows.
    return user !== null && isRight ? { subject: user.subject, amr: ['pwd'] } : null;
  }

  async findBySub(subject: string): Promise<{ readonly subject: string } | null> {
    const isThere = isText(subject) && (await this.users.existsBy({ ...this.ours, subject }));
    return isThere ? { subject } : null;
  }

  /** OpenID Connect Core §5.4: a name for `profile`, and nothing for any other scope. */
  async claims(
    subject: string,
    scope: ReadonlySet<string>,
  ): Promise<Readonly<Record<string, unknown>>> {
    if (!scope.has('profile') || !isText(subject)) return {};
    const user = await this.users.findOneBy({ ...this.ours, subject });
    return user === null ? {} : { preferred_username: user.username, name: user.username };
  }

  private async named(username: string): Promise<UserEntity | null> {
    return isText(username) ? this.users.findOneBy({ ...this.ours, username }) : null;
  }

  private get ours(): { readonly issuer: string } {
    return { issuer: this.config.issuer };
  }
}

const idOf = ({ issuer, subject }: UserId): string => JSON.stringify([issuer, subject]);

/** PostgreSQL keeps neither NUL nor half a character: nobody is called so. */
const isText = (value: string): boolean => !value.includes('\0') && value.isWellFormed();
