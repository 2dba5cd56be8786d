/** Any client: the row of a user's role version that counts for all clients. No client id can be spelt so. */
export const ANY_CLIENT = '*';

/**
 * What can be revoked. `token`, `session`, `grant`, `api-key`, `client-secret` and `signing-key` end
 * one thing for good; `user`, `client` and `user-client` raise an epoch, which ends all that was
 * issued before; `issuer` ends every token of an issuer that was issued until then.
 */
export type RevocationTarget =
  | { readonly kind: 'token'; readonly issuer: string; readonly jti: string }
  | { readonly kind: 'session'; readonly issuer: string; readonly sid: string }
  | { readonly kind: 'grant'; readonly issuer: string; readonly gid: string }
  | { readonly kind: 'user'; readonly issuer: string; readonly subject: string }
  | {
      readonly kind: 'user-client';
      readonly issuer: string;
      readonly subject: string;
      readonly clientId: string;
    }
  | { readonly kind: 'client'; readonly clientId: string }
  | { readonly kind: 'api-key'; readonly apiKeyId: string }
  | { readonly kind: 'client-secret'; readonly id: string }
  | { readonly kind: 'signing-key'; readonly issuer: string; readonly kid: string }
  | { readonly kind: 'issuer'; readonly issuer: string };

/** A record that was changed: ends nothing by itself, but nobody may go on by what it said before. */
export type ChangedRecord =
  | { readonly kind: 'client-record'; readonly clientId: string }
  | { readonly kind: 'client-secrets-record'; readonly clientId: string }
  | { readonly kind: 'api-key-record'; readonly apiKeyId: string }
  | { readonly kind: 'user-record'; readonly issuer: string; readonly subject: string };

/** What is raised in the durable store and told to every instance. */
export type Raisable = RevocationTarget | ChangedRecord;

export type RevocationKind = Raisable['kind'];

export const RECORD_KINDS = [
  'client-record',
  'client-secrets-record',
  'api-key-record',
  'user-record',
] as const satisfies readonly ChangedRecord['kind'][];

/** For so long the durable store remembers that a record was changed: longer than any instance goes on without it. */
export const RECORD_SECONDS = 7200;

export const isRecord = (kind: RevocationKind): kind is ChangedRecord['kind'] =>
  (RECORD_KINDS as readonly RevocationKind[]).includes(kind);

/** One target as one string: the same for the same target, different for different ones. */
export type RevocationKey = string;

/** How things stand with one target. Numbers, not clocks: `epoch` counts the revocations. */
export interface RevocationMark {
  /** 0 is never; a credential that carries a smaller epoch than this is refused. */
  readonly epoch: number;
  /** Last revocation by time, for tokens of other issuers, which carry no epochs. Null: only the epoch was raised. */
  readonly revokedAt: Date | null;
}

export interface Revocation extends RevocationMark {
  readonly key: RevocationKey;
  readonly kind: RevocationKind;
  readonly actor: string;
  readonly reason: string | null;
  readonly changedAt: Date;
}

/** What every instance has to hear of it. */
export type RevocationChange = Pick<
  Revocation,
  'key' | 'kind' | 'epoch' | 'revokedAt' | 'changedAt'
>;

/** How the keys of all targets of this kind begin. */
export const keyPrefixOf = (kind: RevocationKind): string => `["${kind}",`;

/** Unambiguous by JSON: no value can spell out another one's separator. */
export function revocationKey(target: Raisable): RevocationKey {
  switch (target.kind) {
    case 'token':
      return JSON.stringify([target.kind, target.issuer, target.jti]);
    case 'session':
      return JSON.stringify([target.kind, target.issuer, target.sid]);
    case 'grant':
      return JSON.stringify([target.kind, target.issuer, target.gid]);
    case 'user':
      return JSON.stringify([target.kind, target.issuer, target.subject]);
    case 'user-client':
      return JSON.stringify([target.kind, target.issuer, target.subject, target.clientId]);
    case 'issuer':
      return JSON.stringify([target.kind, target.issuer]);
    case 'user-record':
      return JSON.stringify([target.kind, target.issuer, target.subject]);
    case 'client':
    case 'client-record':
    case 'client-secrets-record':
      return JSON.stringify([target.kind, target.clientId]);
    case 'api-key':
    case 'api-key-record':
      return JSON.stringify([target.kind, target.apiKeyId]);
    case 'client-secret':
      return JSON.stringify([target.kind, target.id]);
    case 'signing-key':
      return JSON.stringify([target.kind, target.issuer, target.kid]);
  }
}
