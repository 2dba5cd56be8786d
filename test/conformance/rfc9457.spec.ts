import { Controller, Get } from '@nestjs/common';
import { RateLimit, RequireUser, Scopes } from '@sallyport/nest';
import { errors, problems } from '../../libs/sallyport/src/errors.js';
import { problemType } from '../../libs/sallyport/src/problems/problem-details.js';
import { describeOnAdapters, type TestApi } from '../support/adapters.js';
import { clientWithKey } from '../support/cast.js';
import { readSource } from '../repository/source-files.js';

@Controller()
class ResourceController {
  @Get('resource') resource() {
    return 'resource';
  }
  @Get('scoped') @Scopes('b') scoped() {
    return 'scoped';
  }
  @Get('user') @RequireUser() user() {
    return 'user';
  }
  @Get('limited') @RateLimit({ limit: 0, windowSeconds: 60 }) limited() {
    return 'limited';
  }
}

describeOnAdapters('RFC 9457, problem details', (start) => {
  let api: TestApi;
  let key: string;
  beforeEach(async () => {
    api = await start({ controllers: [ResourceController] });
    key = await clientWithKey(api.app, 'shop', ['a']);
  });

  const refusals: readonly [string, number, (key: string) => Record<string, string>][] = [
    ['/resource', 401, () => ({})],
    ['/resource', 401, () => ({ 'X-API-Key': 'bad' })],
    ['/resource', 400, () => ({ Authorization: 'bad' })],
    ['/resource?api_key=bad', 400, () => ({})],
    ['/scoped', 403, (text) => ({ 'X-API-Key': text })],
    ['/user', 403, (text) => ({ 'X-API-Key': text })],
    ['/limited', 429, (text) => ({ 'X-API-Key': text })],
  ];

  it.each(refusals)('§3 %s (%i) is application/problem+json', async (path, status, headers) => {
    const answer = await api.get(path, headers(key));
    expect(answer.status).toBe(status);
    expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
  });

  it.each(refusals)('§3.1.2 %s (%i) repeats its status', async (path, status, headers) => {
    expect((await api.get(path, headers(key))).body).toMatchObject({ status });
  });

  it.each(refusals)(
    '§3.1 %s (%i) has type, title, status and detail only, and §3.2 the name of a limit',
    async (path, status, headers) => {
      const body = (await api.get(path, headers(key))).body as Record<string, unknown>;
      const members = ['type', 'title', 'status', 'detail', ...(status === 429 ? ['policy'] : [])];
      expect(Object.keys(body)).toEqual(members);
      expect(URL.canParse(String(body.type))).toBe(true);
    },
  );

  it.each(refusals)(
    '§3.1.4 %s (%i) says what to do, not what went on inside',
    async (path, _, headers) => {
      const { text } = await api.get(path, headers(key));
      expect(text).not.toMatch(/ERR_|shop|Controller|\bat \//);
    },
  );

  it('§3.1.3 keeps the title of a problem from occurrence to occurrence', async () => {
    const one = await api.get('/resource', { 'X-API-Key': 'bad' });
    const other = await api.get('/scoped', { Authorization: 'Bearer a.b.c' });
    expect(other.body).toEqual(one.body);
  });
});

describe('RFC 9457, problem types', () => {
  it('§3.1.1 has one type for each problem, and a documented one', () => {
    const documented = readSource('docs/errors.md');
    const types = Object.keys(problems).map(problemType);
    expect(new Set(types).size).toBe(types.length);
    for (const slug of Object.keys(problems)) expect(documented).toContain(`## ${slug}\n`);
    for (const slug of Object.values(errors)) expect(problems).toHaveProperty(slug);
  });
});
