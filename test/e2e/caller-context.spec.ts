import { once } from 'node:events';
import { Agent, request, type IncomingMessage } from 'node:http';
import { json } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { Body, Controller, Get, Injectable, Post, RequestMethod } from '@nestjs/common';
import { CallerContext, CurrentCaller, Public, Scopes, type Caller } from '@sallyport/nest';
import { describeOnAdapters, type TestApi } from '../support/adapters.js';
import { clientWithKey } from '../support/cast.js';

/** Far from the request: knows the caller by its context alone, also after it has waited. */
@Injectable()
class AuditService {
  async whoNow(): Promise<string | null> {
    await sleep(Math.random() * 20);
    await Promise.resolve();
    return CallerContext.current()?.client.clientId ?? null;
  }
}

@Controller()
class WhoController {
  constructor(private readonly audit: AuditService) {}

  @Get('who') @Scopes('a') async get(@CurrentCaller() caller: Caller) {
    return { context: await this.audit.whoNow(), caller: caller.client.clientId };
  }
  @Post('who') @Scopes('a') async post(@Body() body: unknown, @CurrentCaller() caller: Caller) {
    return { context: await this.audit.whoNow(), caller: caller.client.clientId, body };
  }
  @Public() @Get('open') async open() {
    return { context: await this.audit.whoNow() };
  }
}

async function postSlowly(
  url: string,
  headers: Record<string, string>,
  agent: Agent,
): Promise<unknown> {
  const body = JSON.stringify({ text: 'x'.repeat(100_000) });
  const length = { 'Content-Type': 'application/json', 'Content-Length': `${body.length}` };
  const sent = request(url, { method: 'POST', headers: { ...headers, ...length }, agent });
  sent.flushHeaders();
  for (let at = 0; at < body.length; at += 40_000) {
    await sleep(15);
    sent.write(body.slice(at, at + 40_000));
  }
  sent.end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  return json(response);
}

const settings = { controllers: [WhoController], providers: [AuditService] };

describeOnAdapters('CallerContext', (start) => {
  const keys = async (api: TestApi, count: number) =>
    Promise.all(Array.from({ length: count }, (_, n) => clientWithKey(api.app, `app-${n}`, ['a'])));

  it('knows the caller in services, during GET and during POST with a body [W10]', async () => {
    const api = await start(settings);
    const [key = ''] = await keys(api, 1);
    const headers = { 'X-API-Key': key };
    expect((await api.get('/who', headers)).body).toEqual({ context: 'app-0', caller: 'app-0' });
    const body = { text: 'x'.repeat(50_000) };
    expect((await api.send('POST', '/who', headers, body)).body).toEqual({
      context: 'app-0',
      caller: 'app-0',
      body,
    });
  });

  it('knows the caller when the body comes late, in pieces, on a connection that others use too', async () => {
    const api = await start(settings);
    const all = await keys(api, 6);
    const url = `${await api.app.getUrl()}/who`;
    const agent = new Agent({ keepAlive: true, maxSockets: 2 });
    const answers = await Promise.all(
      all.map((key) => postSlowly(url, { 'X-API-Key': key }, agent)),
    );
    agent.destroy();
    expect(answers).toEqual(all.map((_, n) => expect.objectContaining({ context: `app-${n}` })));
  });

  it('does not mix up 50 requests at once', async () => {
    const api = await start(settings);
    const all = await keys(api, 50);
    const answers = await Promise.all(
      all.map((key, n) =>
        n % 2 === 0
          ? api.get('/who', { 'X-API-Key': key })
          : api.send('POST', '/who', { 'X-API-Key': key }, { n }),
      ),
    );
    expect(answers.map(({ body }) => (body as { context: string }).context)).toEqual(
      all.map((_, n) => `app-${n}`),
    );
  });

  it('is empty on public routes and outside requests', async () => {
    const api = await start(settings);
    const [key = ''] = await keys(api, 1);
    await api.get('/who', { 'X-API-Key': key });
    expect((await api.get('/open', { 'X-API-Key': key })).body).toEqual({ context: null });
    expect(CallerContext.current()).toBeNull();
  });

  it('is there under a global prefix and beside it', async () => {
    const api = await start({
      ...settings,
      prepare: (app) => {
        app.setGlobalPrefix('api', { exclude: [{ path: 'who', method: RequestMethod.GET }] });
      },
    });
    const [key = ''] = await keys(api, 1);
    const headers = { 'X-API-Key': key };
    expect((await api.get('/who', headers)).body).toMatchObject({ context: 'app-0' });
    const posted = await api.send('POST', '/api/who', headers, {});
    expect(posted.body).toMatchObject({ context: 'app-0' });
  });
});
