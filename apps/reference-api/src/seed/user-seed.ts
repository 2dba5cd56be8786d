import { randomBytes, randomUUID } from 'node:crypto';
import { RoleGrantService } from '@sallyport/nest';
import { transactionOf } from '@sallyport/nest/typeorm';
import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { APP_CONFIG, type AppConfig } from '../config.js';
import { PasswordHashing } from '../users/password-hashing.js';
import { AppUserDirectory } from '../users/user-directory.js';
import { UserEntity } from '../users/user.entity.js';
import type { DemoCredentials } from './demo-credentials.js';
import { DEMO_USERS, type DemoUser } from './demo-data.js';
import { SEEDED_BY } from './seeded-by.js';

type SeededUser = DemoCredentials['users'][number];

const PASSWORD_BYTES = 15;

/** The people of the demo, with roles and passwords. A password that is not known any more is replaced by a new one. */
@Injectable()
export class UserSeed {
  constructor(
    @Inject(APP_CONFIG) private readonly config: AppConfig,
    private readonly database: DataSource,
    private readonly roles: RoleGrantService,
    private readonly passwords: PasswordHashing,
    private readonly directory: AppUserDirectory,
  ) {}

  /** `known` is what the last start left for the developer. */
  async seedUsers(known: readonly SeededUser[]): Promise<readonly SeededUser[]> {
    const { issuer } = this.config;
    const seeded: SeededUser[] = [];
    for (const user of DEMO_USERS) {
      const { username } = user;
      const entity = await this.database.getRepository(UserEntity).findOneBy({ issuer, username });
      const kept = known.find(({ sub }) => sub === entity?.subject);
      seeded.push(entity === null ? await this.add(user) : await this.keep(entity, kept?.password));
    }
    await this.directory.reload();
    return seeded;
  }

  /** The user and their roles in one transaction: Sallyport's writes join the app's. */
  private async add({ username, department, roles }: DemoUser): Promise<SeededUser> {
    const { issuer } = this.config;
    const subject = randomUUID();
    const password = newPassword();
    const passwordHash = await this.passwords.hash(password);
    await this.database.transaction(async (manager) => {
      await manager.insert(UserEntity, { issuer, subject, username, department, passwordHash });
      for (const [clientId, role] of Object.entries(roles)) {
        const assignment = { user: { issuer, subject }, clientId, role };
        await this.roles.grant(assignment, SEEDED_BY, transactionOf(manager));
      }
    });
    return { username, password, sub: subject };
  }

  private async keep(
    { issuer, subject, username, passwordHash }: UserEntity,
    kept: string | undefined,
  ): Promise<SeededUser> {
    if (kept !== undefined && (await this.passwords.verify(kept, passwordHash))) {
      return { username, password: kept, sub: subject };
    }
    const password = newPassword();
    const fresh = { passwordHash: await this.passwords.hash(password) };
    await this.database.getRepository(UserEntity).update({ issuer, subject }, fresh);
    return { username, password, sub: subject };
  }
}

const newPassword = (): string => randomBytes(PASSWORD_BYTES).toString('base64url');
