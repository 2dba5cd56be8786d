import { Module } from '@nestjs/common';
import { UsersModule } from '../users/users.module.js';
import { ConsentsController } from './consents.controller.js';
import { MeController } from './me.controller.js';
import { PasswordController } from './password.controller.js';
import { SessionsController } from './sessions.controller.js';

@Module({
  imports: [UsersModule],
  controllers: [MeController, SessionsController, PasswordController, ConsentsController],
})
export class MeModule {}
