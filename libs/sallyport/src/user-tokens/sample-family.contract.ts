import type { UserId } from '../users/user.js';
import type { AuthorizationCode } from './authorization-code.js';
import type { Grant } from './grant.js';
import type { OpaqueToken } from './opaque-token.js';
import type { UserToken } from './user-token.js';

export const at = (second: number): Date => new Date(Date.UTC(2030, 0, 1, 0, 0, second, 123));

export const uuid = (number: number): string =>
  `0190a1b2-0000-7000-8000-${String(number).padStart(12, '0')}`;

export const hashOf = (number: number): string => String(number).padStart(64, 'f');

export const alice: UserId = { issuer: 'https://id.example.com', subject: 'Алиса "A" \\' };

/** As the engine may keep them: nested, of every JSON type. */
export const details = {
  scope: 'openid invoices:read',
  claims: { id_token: { acr: { values: ['1', '2'], essential: true } } },
  rar: [],
  nested: [[null, 1.5, -7, false], { "it's": '📱 \\ "quoted" {1,2}' }],
  iat: 1_893_456_000,
  empty: {},
};

export const grant = (id: string, changes: Partial<Grant> = {}): Grant => ({
  id,
  ...alice,
  clientId: 'mobile-app',
  loginId: 'login',
  sid: 'sid',
  details,
  userEpoch: 3,
  clientEpoch: 4,
  device: { name: null, address: '2001:db8::1', userAgent: 'Invoices/2.3 (📱; "Ä")' },
  createdAt: at(0),
  expiresAt: at(50),
  ended: null,
  ...changes,
});

export const authorizationCode = (
  number: number,
  changes: Partial<AuthorizationCode> = {},
): AuthorizationCode => ({
  codeHash: hashOf(number),
  grantId: 'family',
  details,
  createdAt: at(0),
  expiresAt: at(10),
  consumedAt: null,
  ...changes,
});

export const userToken = (number: number, changes: Partial<UserToken> = {}): UserToken => ({
  id: uuid(number),
  secretHash: hashOf(number),
  grantId: 'family',
  ...alice,
  clientId: 'mobile-app',
  sid: 'sid',
  device: { name: "Alice's 📱", address: '192.0.2.1', userAgent: null },
  details,
  startedAt: at(0),
  createdAt: at(1),
  lastUsedAt: at(2),
  idleEndsAt: at(30),
  endsAt: at(50),
  consumedAt: null,
  successorId: null,
  sealedAnswer: null,
  revokedAt: null,
  revokedBy: null,
  revokeReason: null,
  ...changes,
});

export const opaqueToken = (number: number, changes: Partial<OpaqueToken> = {}): OpaqueToken => ({
  secretHash: hashOf(number),
  id: uuid(number),
  grantId: 'family',
  clientId: 'mobile-app',
  clientEpoch: 5,
  details,
  createdAt: at(0),
  expiresAt: at(10),
  revokedAt: null,
  ...changes,
});
