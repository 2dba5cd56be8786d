// npm run compose:init: writes the random secrets that docker-compose.yml reads from .env.
import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, writeFileSync } from 'node:fs';

const random = () => randomBytes(32).toString('base64url');

const isForced = process.argv.slice(2).includes('--force');
const redisPassword = random();
const settings = {
  POSTGRES_PASSWORD: random(),
  POSTGRES_APP_PASSWORD: random(),
  REDIS_PASSWORD: redisPassword,
  // Redis is given the hash only (ACL rule `#<hash>`).
  REDIS_PASSWORD_SHA256: createHash('sha256').update(redisPassword).digest('hex'),
  SALLYPORT_KEK: `k1:${random()}`,
};
const text = Object.entries(settings)
  .map(([name, value]) => `${name}=${value}\n`)
  .join('');

try {
  // `wx` never touches a file that is there: a new password would lock the old database.
  writeFileSync('.env', text, { mode: 0o600, flag: isForced ? 'w' : 'wx' });
  chmodSync('.env', 0o600); // one that was there keeps its mode when it is replaced
  console.log('Wrote .env with new secrets. Next: docker compose up --build');
} catch (error) {
  if (error.code !== 'EEXIST') throw error;
  console.error('.env is there already. With --force it is replaced; its secrets are then lost.');
  process.exitCode = 1;
}
