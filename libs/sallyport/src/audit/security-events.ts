import { Injectable, Logger } from '@nestjs/common';

/** What a host may want to know at once: to warn a user, to feed a detection. Identifiers only, never secrets. */
export type SecurityEvent =
  /** A spent refresh token or code was presented again: its family is dead (RFC 9700 §4.14.2, RFC 6749 §4.1.2). */
  | {
      readonly kind: 'refresh-token.reused' | 'authorization-code.reused';
      readonly issuer: string;
      readonly subject: string;
      readonly clientId: string;
      readonly grantId: string;
    }
  | {
      readonly kind: 'session.started' | 'session.ended';
      readonly issuer: string;
      readonly subject: string;
      readonly clientId: string;
      readonly grantId: string;
    }
  | {
      readonly kind: 'sign-in.succeeded';
      readonly issuer: string;
      readonly subject: string;
      readonly clientId: string;
      readonly address: string;
    }
  | { readonly kind: 'sign-in.failed'; readonly clientId: string; readonly address: string }
  | AnomalyEvent;

/** Something suspicious, as the rules of `throttling.anomalies` define it. Told once in a window. */
export type AnomalyEvent =
  /** Refused credentials of an address block, or of a client, beyond the limit. */
  | {
      readonly kind: 'anomaly.failures';
      readonly address: string | null;
      readonly clientId: string | null;
      readonly windowSeconds: number;
    }
  /** One credential (API key id or `jti`) was used from so many address blocks. */
  | {
      readonly kind: 'anomaly.addresses';
      readonly clientId: string;
      readonly credentialId: string | null;
      readonly count: number;
      readonly windowSeconds: number;
    }
  /** So many requests in a minute, where `usual` are usual. */
  | {
      readonly kind: 'anomaly.rise';
      readonly clientId: string;
      readonly count: number;
      readonly usual: number;
    };

export type SecurityEventListener = (event: SecurityEvent) => void;

/** Tells listeners of this instance, after what happened was committed. */
@Injectable()
export class SecurityEvents {
  private readonly logger = new Logger('Sallyport');
  private readonly listeners = new Set<SecurityEventListener>();

  /** Returns what ends the subscription. */
  subscribe(listener: SecurityEventListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Never throws: a listener that does is logged. */
  raise(event: SecurityEvent): void {
    for (const listener of this.listeners) {
      try {
        listener(event);
      } catch (error) {
        this.logger.error(
          `a listener failed at ${event.kind}`,
          error instanceof Error ? error.stack : undefined,
        );
      }
    }
  }
}
