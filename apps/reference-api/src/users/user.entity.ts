import { Column, Entity, PrimaryColumn, Unique } from 'typeorm';

/** What this app knows of a user. The key is (issuer, subject), as in tokens; never a name or an address. */
@Entity({ name: 'users' })
@Unique('users_username', ['issuer', 'username'])
export class UserEntity {
  @PrimaryColumn('text')
  issuer!: string;

  @PrimaryColumn('text')
  subject!: string;

  @Column('text')
  username!: string;

  @Column('text')
  department!: string;

  /** Argon2id, in PHC string format. */
  @Column('text', { name: 'password_hash' })
  passwordHash!: string;
}
