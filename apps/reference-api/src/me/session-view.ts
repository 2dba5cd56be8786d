import { ApiProperty } from '@nestjs/swagger';
import type { Session } from '@sallyport/nest';
import { Matches, ValidateIf } from 'class-validator';

/** One of the user's sessions: an app on a device, as long as it can refresh its token. */
export class SessionView {
  @ApiProperty()
  id!: string;

  @ApiProperty()
  clientId!: string;

  /** What the user called it. */
  @ApiProperty({ type: String, nullable: true })
  deviceName!: string | null;

  @ApiProperty({ type: String, nullable: true })
  address!: string | null;

  @ApiProperty({ type: String, nullable: true })
  userAgent!: string | null;

  @ApiProperty({ type: String, format: 'date-time' })
  createdAt!: Date;

  @ApiProperty({ type: String, format: 'date-time' })
  lastUsedAt!: Date;

  /** Unless it is used before. */
  @ApiProperty({ type: String, format: 'date-time' })
  expiresAt!: Date;

  /** Whether this request came from it. */
  @ApiProperty()
  isCurrent!: boolean;
}

export class RenameSession {
  @ApiProperty({ type: String, nullable: true, description: 'null takes the name away.' })
  @ValidateIf(({ deviceName }: RenameSession) => deviceName !== null)
  @Matches(/^\P{Cc}{1,100}$/u, { message: 'deviceName must be 1 to 100 characters, or null' })
  deviceName!: string | null;
}

export const viewOf = (session: Session, currentId: string | null): SessionView => ({
  id: session.id,
  clientId: session.clientId,
  deviceName: session.device.name,
  address: session.device.address,
  userAgent: session.device.userAgent,
  createdAt: session.startedAt,
  lastUsedAt: session.lastUsedAt,
  expiresAt: session.expiresAt,
  isCurrent: session.id === currentId,
});
