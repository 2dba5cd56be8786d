import type { HttpAnswer } from './authorization-server.js';
import type { Servers } from './server-sets.js';
import { soon } from './stopwatch.js';

/** How long an instance may take to hear of an end that another wrote. */
const HEARD_WITHIN_MILLISECONDS = 1_000;
/** For the scheduler of a busy machine. */
const SLACK_MILLISECONDS = 400;

export const successful = (answers: readonly HttpAnswer[]): readonly HttpAnswer[] =>
  answers.filter(({ status }) => status === 200);

export const refreshTokenOf = ({ body }: Pick<HttpAnswer, 'body'>): string =>
  (body as { readonly refresh_token: string }).refresh_token;
export const accessTokenOf = ({ body }: Pick<HttpAnswer, 'body'>): string =>
  (body as { readonly access_token: string }).access_token;

/** The different refresh tokens that answers gave. */
export const refreshTokensOf = (answers: readonly HttpAnswer[]): readonly string[] => [
  ...new Set(successful(answers).map(refreshTokenOf)),
];

/** Expects exactly one, and returns it. */
export function only<T>(values: readonly T[]): T {
  expect(values).toHaveLength(1);
  return values[0] as T;
}

export const expectRefused = ({ status, body }: HttpAnswer, error = 'invalid_grant'): void => {
  expect([status, body.error]).toEqual([400, error]);
};

/** Whether each of the servers lets an access token in. */
const probes = ({ both }: Servers, token: string): Promise<readonly number[]> =>
  Promise.all(both.map((server) => server.probe({ token })));

export const expectAccepted = async (servers: Servers, token: string): Promise<void> => {
  expect(await probes(servers, token)).toEqual([200, 200]);
};

/** Expects that the API refuses an access token before long, wherever it is presented. */
export async function expectTokenDies(servers: Servers, token: string): Promise<void> {
  await soon(HEARD_WITHIN_MILLISECONDS + SLACK_MILLISECONDS, async () =>
    (await probes(servers, token)).every((status) => status === 401),
  );
}
