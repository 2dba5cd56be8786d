import {
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { addSeconds, Clock } from '../clock.js';
import { LoginSessionStore } from '../logins/login-session.store.js';
import { GrantStore } from './grant.store.js';
import { OpaqueTokenStore } from './opaque-token.store.js';

const EVERY_MILLISECONDS = 3_600_000;
/** Long enough to look into what happened at the end. */
const KEPT_SECONDS = 7 * 86_400;
const PAGE = 500;

/** Deletes what has long expired: grants with all that belongs to them, access tokens by reference, logins. */
@Injectable()
export class PruneUserTokens implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('UserTokens');
  private timer: NodeJS.Timeout | undefined;
  private pruning: Promise<void> | undefined;
  private isClosing = false;

  constructor(
    private readonly grants: GrantStore,
    private readonly opaqueTokens: OpaqueTokenStore,
    private readonly logins: LoginSessionStore,
    private readonly clock: Clock,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => {
      this.pruning ??= this.scheduledPrune().finally(() => {
        this.pruning = undefined;
      });
    }, EVERY_MILLISECONDS);
    this.timer.unref();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.isClosing = true;
    clearInterval(this.timer);
    await this.pruning;
  }

  /** Deletes what expired before `before`, a page at a time; any number of instances may do so at once. */
  async prune(before: Date): Promise<void> {
    // Grants first: what belongs to one goes with it.
    for (const store of [this.grants, this.opaqueTokens, this.logins]) {
      let pruned = PAGE;
      while (pruned === PAGE && !this.isClosing) pruned = await store.prune(before, PAGE);
    }
  }

  private async scheduledPrune(): Promise<void> {
    try {
      await this.prune(addSeconds(this.clock.now(), -KEPT_SECONDS));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.logger.warn(`cannot prune user tokens, will try again: ${reason}`);
    }
  }
}
