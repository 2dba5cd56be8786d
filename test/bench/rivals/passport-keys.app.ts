import { createHash, randomBytes } from 'node:crypto';
import { Controller, Get, Injectable, UseGuards, type DynamicModule } from '@nestjs/common';
import { AuthGuard, PassportModule, PassportStrategy } from '@nestjs/passport';
import { HeaderAPIKeyStrategy } from 'passport-headerapikey';
import pg from 'pg';
import { BenchModule, listInvoices } from '../apps/handlers.js';

const POOL_SIZE = 10;

@Controller()
class PassportKeyController {
  @Get('invoices')
  @UseGuards(AuthGuard('headerapikey'))
  list() {
    return listInvoices();
  }
}

/** Keys by their hash in a table, looked up for every request: what articles on API keys with Nest show. */
export async function passportKeysApp(
  databaseUrl: string,
  count: number,
): Promise<{ module: DynamicModule; keys: readonly string[] }> {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: POOL_SIZE });
  await pool.query(
    'CREATE TABLE api_keys (hash text PRIMARY KEY, owner text NOT NULL, scopes text[] NOT NULL, expires_at timestamptz NOT NULL)',
  );
  const keys = Array.from({ length: count }, () => `key_${randomBytes(32).toString('base64url')}`);
  await pool.query(
    `INSERT INTO api_keys SELECT hash, 'owner', ARRAY['invoices:read'], now() + interval '30 days' FROM unnest($1::text[]) AS hash`,
    [keys.map(sha256)],
  );

  @Injectable()
  class ApiKeyStrategy extends PassportStrategy(HeaderAPIKeyStrategy, 'headerapikey') {
    constructor() {
      super({ header: 'X-API-Key', prefix: '' }, false);
    }

    async validate(key: string) {
      const { rows } = await pool.query<{ owner: string; scopes: string[]; expires_at: Date }>(
        'SELECT * FROM api_keys WHERE hash = $1',
        [sha256(key)],
      );
      const [row] = rows;
      if (row === undefined || row.expires_at < new Date()) return false;
      return { owner: row.owner, scopes: row.scopes };
    }
  }
  const module = {
    module: BenchModule,
    imports: [PassportModule],
    controllers: [PassportKeyController],
    providers: [ApiKeyStrategy],
  };
  return { module, keys };
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
