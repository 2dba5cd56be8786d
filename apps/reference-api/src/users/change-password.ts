import { Injectable } from '@nestjs/common';
import {
  RevocationService,
  SallyportError,
  SessionService,
  type ChangedBy,
  type UserId,
} from '@sallyport/nest';
import { transactionOf } from '@sallyport/nest/typeorm';
import { DataSource } from 'typeorm';
import { PasswordHashing } from './password-hashing.js';
import { UserEntity } from './user.entity.js';

export interface PasswordChange {
  readonly currentPassword: string;
  readonly newPassword: string;
}

/** Gives a user a new password, and ends everything that the old one opened. */
@Injectable()
export class ChangePassword {
  constructor(
    private readonly database: DataSource,
    private readonly passwords: PasswordHashing,
    private readonly sessions: SessionService,
    private readonly revocations: RevocationService,
  ) {}

  /** Throws ERR_POLICY_DENIED for a wrong password, ERR_CONFLICT when another change was faster. */
  async change(user: UserId, change: PasswordChange, by: ChangedBy): Promise<void> {
    const { currentPassword, newPassword } = change;
    const { issuer, subject } = user;
    const known = await this.database.getRepository(UserEntity).findOneBy({ issuer, subject });
    if (known === null || !(await this.passwords.verify(currentPassword, known.passwordHash))) {
      throw new SallyportError('ERR_POLICY_DENIED', {
        reason: 'the current password is wrong',
        detail: 'The current password is wrong.',
      });
    }
    const passwordHash = await this.passwords.hash(newPassword);
    await this.database.transaction(async (manager) => {
      const { affected } = await manager.update(
        UserEntity,
        { issuer, subject, passwordHash: known.passwordHash }, // the one that was checked
        { passwordHash },
      );
      if (affected !== 1) throw new SallyportError('ERR_CONFLICT');
      await this.sessions.endAll({ issuer, subject }, by, transactionOf(manager));
    });
    await this.revocations.publish();
  }
}
