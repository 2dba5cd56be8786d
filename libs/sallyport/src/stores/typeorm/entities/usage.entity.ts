import { Entity, Index } from 'typeorm';
import type { Granularity } from '../../../usage/usage.js';
import {
  Count,
  Identifier,
  LargeCount,
  LargeCounts,
  PrimaryIdentifier,
  PrimaryInstant,
  Real,
} from './columns.js';

/** Requests of one minute, hour or day (UTC) that are alike. An empty text is none. */
@Entity({ name: 'usage', schema: 'sallyport' })
@Index('usage_user', ['userIssuer', 'userSubject'], { where: "user_subject <> ''" })
export class UsageEntity {
  @PrimaryIdentifier('granularity')
  granularity!: Granularity;

  @PrimaryInstant('starts_at')
  startsAt!: Date;

  /** Digest of the eleven columns that follow: shorter in an index than they are. */
  @PrimaryIdentifier('series')
  series!: string;

  @Identifier('client_id')
  clientId!: string;

  @Identifier('api_key_id')
  apiKeyId!: string;

  @Identifier('user_issuer')
  userIssuer!: string;

  @Identifier('user_subject')
  userSubject!: string;

  @Identifier('route')
  route!: string;

  @Identifier('method')
  method!: string;

  @Count('status')
  status!: number;

  @Identifier('refusal')
  refusal!: string;

  @Identifier('address')
  address!: string;

  @Identifier('country')
  country!: string;

  @Identifier('user_agent')
  userAgent!: string;

  @LargeCount('calls')
  calls!: number;

  @LargeCount('refused')
  refused!: number;

  @LargeCount('cost')
  cost!: number;

  @Real('latency_ms')
  latencyMs!: number;

  /** By bucket of latency, each call in one. */
  @LargeCounts('latency')
  latency!: number[];
}
