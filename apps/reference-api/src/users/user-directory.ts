import { Injectable, type OnModuleInit } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { UserPrincipal } from '@sallyport/nest';
import type { Repository } from 'typeorm';
import { UserEntity } from './user.entity.js';

export type UserRef = Pick<UserPrincipal, 'issuer' | 'subject'>;

/** Who works where. Read at start, since nothing but the seed writes it, so that policies need not wait. */
@Injectable()
export class UserDirectory implements OnModuleInit {
  private byId = new Map<string, UserEntity>();

  constructor(@InjectRepository(UserEntity) private readonly users: Repository<UserEntity>) {}

  async onModuleInit(): Promise<void> {
    await this.reload();
  }

  async reload(): Promise<void> {
    const users = await this.users.find();
    this.byId = new Map(users.map((user) => [idOf(user), user]));
  }

  find(user: UserRef): UserEntity | null {
    return this.byId.get(idOf(user)) ?? null;
  }
}

const idOf = ({ issuer, subject }: UserRef): string => JSON.stringify([issuer, subject]);
