import { Column, PrimaryColumn } from 'typeorm';

/** Byte order, so that every database sorts and pages identifiers alike, whatever its locale. */
const collation = 'C';

export const PrimaryIdentifier = (name: string) => PrimaryColumn({ name, type: 'text', collation });
export const PrimaryUuid = (name: string) => PrimaryColumn({ name, type: 'uuid' });
export const OptionalUuid = (name: string) => Column({ name, type: 'uuid', nullable: true });

export const Identifier = (name: string) => Column({ name, type: 'text', collation });
export const OptionalIdentifier = (name: string) =>
  Column({ name, type: 'text', collation, nullable: true });

export const Text = (name: string) => Column({ name, type: 'text' });
export const OptionalText = (name: string) => Column({ name, type: 'text', nullable: true });
export const Texts = (name: string) => Column({ name, type: 'text', array: true });
export const Flag = (name: string) => Column({ name, type: 'boolean' });
export const Count = (name: string) => Column({ name, type: 'integer' });
export const OptionalCount = (name: string) => Column({ name, type: 'integer', nullable: true });

/** `bigint`, which the driver hands over as text; exact up to 2^53. */
export const LargeCount = (name: string) =>
  Column({ name, type: 'bigint', transformer: { from: Number, to: (count: number) => count } });

/** Of `pg_current_xact_id`; TypeORM knows no `xid8`. */
export const TransactionId = (name: string) => Column({ name, type: 'bigint' });

export const LargeCounts = (name: string) =>
  Column({
    name,
    type: 'bigint',
    array: true,
    transformer: {
      from: (counts: string[]) => counts.map(Number),
      to: (counts: number[]) => counts,
    },
  });

export const Real = (name: string) => Column({ name, type: 'double precision' });

/** To the millisecond, so that a `Date` comes back as it went in. */
export const Instant = (name: string) => Column({ name, type: 'timestamptz', precision: 3 });
export const PrimaryInstant = (name: string) =>
  PrimaryColumn({ name, type: 'timestamptz', precision: 3 });
export const OptionalInstant = (name: string) =>
  Column({ name, type: 'timestamptz', precision: 3, nullable: true });

export const Json = (name: string) => Column({ name, type: 'jsonb' });
export const OptionalJson = (name: string) => Column({ name, type: 'jsonb', nullable: true });
