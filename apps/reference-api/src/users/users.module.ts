import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ChangePassword } from './change-password.js';
import { PasswordHashing } from './password-hashing.js';
import { AppUserDirectory } from './user-directory.js';
import { UserEntity } from './user.entity.js';

const records = TypeOrmModule.forFeature([UserEntity]);

@Module({
  imports: [records],
  providers: [AppUserDirectory, ChangePassword, PasswordHashing],
  // The authorization server makes a directory of its own from the same parts.
  exports: [AppUserDirectory, ChangePassword, PasswordHashing, records],
})
export class UsersModule {}
