import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { lockDirectory } from './directory-lock.js';

/** A directory, or `memory://` for a database that is gone when it is closed. */
export const IN_MEMORY = 'memory://';

/** PostgreSQL in this process, with its lock: opened when it is first asked for. */
export class EmbeddedDatabase {
  private opened: Promise<PGlite> | undefined;
  private release: (() => Promise<void>) | undefined;

  constructor(private readonly directory: string) {}

  open(): Promise<PGlite> {
    this.opened ??= this.start().catch((error: unknown) => {
      this.opened = undefined;
      throw error;
    });
    return this.opened;
  }

  /** Writes everything down and lets the next one in. */
  async close(): Promise<void> {
    const opened = this.opened;
    this.opened = undefined;
    try {
      await (await opened)?.close();
    } finally {
      await this.release?.();
      this.release = undefined;
    }
  }

  private async start(): Promise<PGlite> {
    if (this.directory === IN_MEMORY) return PGlite.create(IN_MEMORY);

    this.release = await lockDirectory(this.directory);
    try {
      return await PGlite.create(join(this.directory, 'pgdata'));
    } catch (error) {
      await this.release();
      throw error;
    }
  }
}
