import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { onFreePort } from '../../tools/stores/free-port.mjs';

/** Debian keeps it where only root's PATH leads. */
const binary = ['nginx', '/usr/sbin/nginx'].find(
  (command) => spawnSync(command, ['-v']).status === 0,
);

/** Whether this machine has a real nginx; where every store is demanded (TEST_STORES=all), it must. */
export const hasNginx = binary !== undefined;

export interface Nginx {
  readonly url: string;
  stop(): Promise<void>;
}

interface NginxSettings {
  /** What stands beside the server: maps. */
  readonly http?: string;
  /** Files by their names, beside the configuration. Where there are any, the server speaks TLS. */
  readonly files?: Readonly<Record<string, string>>;
}

/** An nginx process on a free port, with the given `location` blocks and settings. End it with `stop`. */
export const startNginx = (locations: string, settings: NginxSettings = {}): Promise<Nginx> =>
  onFreePort((port) => startOn(port, locations, settings));

async function startOn(
  port: number,
  locations: string,
  { http = '', files = {} }: NginxSettings,
): Promise<Nginx> {
  if (binary === undefined) throw new Error('nginx is missing: apt-get install nginx');
  const directory = await mkdtemp(join(tmpdir(), 'sallyport-nginx-'));
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${join(directory, name)};`,
  );
  for (const [name, content] of Object.entries(files)) {
    await writeFile(join(directory, name), content);
  }
  const listen = `127.0.0.1:${String(port)}${Object.keys(files).length > 0 ? ' ssl' : ''}`;
  const configuration = join(directory, 'nginx.conf');
  await writeFile(
    configuration,
    `daemon off;
     master_process off;
     pid ${join(directory, 'nginx.pid')};
     error_log stderr warn;
     events {}
     http {
       access_log off;
       ${temporary.join('\n')}
       ${http}
       server { listen ${listen}; ${locations} }
     }`,
  );
  const child = spawn(binary, ['-e', 'stderr', '-p', directory, '-c', configuration], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let output = '';
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      const gone = once(child, 'exit');
      child.kill();
      await gone;
    }
    await rm(directory, { recursive: true, force: true });
  };
  const url = `http://127.0.0.1:${String(port)}`;
  for (let attempt = 0; attempt < 800; attempt++) {
    if (child.exitCode !== null) break;
    const answer = await fetch(url).catch(() => null);
    if (answer !== null) return { url, stop };
    await sleep(25);
  }
  await stop();
  throw new Error(`nginx did not start: ${output}`);
}
