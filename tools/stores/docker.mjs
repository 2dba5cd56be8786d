import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { waitFor } from './server-process.mjs';

const run = promisify(execFile);
const docker = async (args, options) => (await run('docker', args, options)).stdout.trim();

/** True when there is a Docker engine to talk to. */
export async function hasDocker() {
  try {
    await docker(['info'], { timeout: 5000 });
    return true;
  } catch {
    return false;
  }
}

/**
 * Starts a container whose `port` is published on the loopback interface only; it removes itself when stopped.
 * `env` reaches it by name, so that no secret stands on a command line.
 */
export async function startContainer({ image, port, env = {}, command = [], answers }) {
  const names = Object.keys(env).flatMap((name) => ['--env', name]);
  const options = ['--rm', '--detach', '--publish', `127.0.0.1::${port}`, ...names];
  const id = await docker(['run', ...options, image, ...command], {
    env: { ...process.env, ...env },
    timeout: 180_000,
  });
  const stop = () => docker(['stop', '--time', '2', id]);
  const published = await docker(['port', id, `${port}/tcp`]);
  const hostPort = Number(published.split('\n')[0].split(':').pop());
  if ((await waitFor(() => answers(hostPort))) !== null) return { port: hostPort, stop };
  await stop();
  throw new Error(`the container of ${image} did not answer`);
}
