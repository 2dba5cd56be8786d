import {
  redeem,
  refresh,
  type Authorization,
  type HttpAnswer,
  type TestClient,
} from './authorization-server.js';
import {
  accessTokenOf,
  expectAccepted,
  expectRefused,
  expectTokenDies,
  only,
  refreshTokenOf,
  refreshTokensOf,
  successful,
} from './families.js';
import type { Servers } from './server-sets.js';
import { inTime } from './stopwatch.js';

export const AT_ONCE = 20;
/** Nothing waits for what does not come: a queue for PGlite's only session is no freeze. */
const RACE_MILLISECONDS = 5_000;

/** Sends the same to the servers by turns, twenty times at once. */
export function atOnce(work: () => Promise<HttpAnswer>): Promise<readonly HttpAnswer[]> {
  return inTime(RACE_MILLISECONDS, () => Promise.all(Array.from({ length: AT_ONCE }, work)));
}

/** One gets tokens; they live until the code comes again, and then all that came of it is dead. */
export async function raceForCode(
  servers: Servers,
  client: TestClient,
  authorization: Authorization,
): Promise<void> {
  const { either } = servers;
  const answers = await atOnce(() => redeem(either, client, authorization));
  const won = only(successful(answers));
  for (const answer of answers) if (answer !== won) expectRefused(answer);

  const refreshed = await refresh(either, client, refreshTokenOf(won));
  expect(refreshed.status).toBe(200);
  for (const answer of [won, refreshed]) await expectAccepted(servers, accessTokenOf(answer));

  expectRefused(await redeem(either, client, authorization));
  expectRefused(await refresh(either, client, refreshTokenOf(refreshed)));
  for (const answer of [won, refreshed]) await expectTokenDies(servers, accessTokenOf(answer));
}

/** All are told of the same successor, round after round, and the last one is alive. */
export async function raceForSuccessors(
  servers: Servers,
  client: TestClient,
  given: string,
  rounds: number,
): Promise<void> {
  const { either } = servers;
  let token = given;
  for (let round = 0; round < rounds; round += 1) {
    const answers = await atOnce(() => refresh(either, client, token));
    expect(successful(answers)).toHaveLength(AT_ONCE);
    const successor = only(refreshTokensOf(answers));
    expect(successor).not.toBe(token);
    token = successor;
  }
  const last = await refresh(either, client, token);
  expect(last.status).toBe(200);
  await expectAccepted(servers, accessTokenOf(last));
}
