import { Body, Controller, Get, Injectable, Post, Scope, type Type } from '@nestjs/common';
import {
  CurrentCaller,
  ObjectPolicy,
  Public,
  RequireUser,
  Roles,
  RoutePolicies,
  Scopes,
  UsePolicy,
  type Caller,
} from '@sallyport/nest';
import { describeOnAdapters, type AppSettings } from '../support/adapters.js';
import { clientWithKey } from '../support/cast.js';

let handled = 0;

@Controller()
class MixedController {
  @Get('bare') bare() {
    handled += 1;
    return 'bare';
  }
  @Public() @Get('open') open(@CurrentCaller() caller: Caller | undefined) {
    return { caller: caller ?? null };
  }
  @Post('echo') echo(@Body() body: unknown) {
    return body;
  }
}

@Public()
@Controller('public')
class PublicController {
  @Get() open() {
    return 'open';
  }
  @Get('closed') @Scopes('a:read') closed() {
    handled += 1;
    return 'closed';
  }
}

@Injectable({ scope: Scope.REQUEST })
@Controller('per-request')
class PerRequestController {
  @Get() @Scopes('a:read') closed() {
    handled += 1;
    return 'closed';
  }
}

class BasePolicedController {
  @Get() @Scopes('a:read') list() {
    handled += 1;
    return 'listed';
  }
}

@Controller('inherited')
class InheritingController extends BasePolicedController {}

@Controller('overridden')
class OverridingController extends BasePolicedController {
  @Get() override list() {
    handled += 1;
    return 'overridden';
  }
}

const controllers: Type[] = [
  MixedController,
  PublicController,
  PerRequestController,
  InheritingController,
  OverridingController,
];

interface FastifyLike {
  addHook(
    name: string,
    hook: (request: { caller?: unknown }, reply: unknown, done: () => void) => void,
  ): void;
}

describeOnAdapters('Routes are closed unless @Public()', (start) => {
  beforeEach(() => {
    handled = 0;
  });

  it.each(['bare', 'public/closed', 'per-request', 'inherited', 'overridden', 'echo'])(
    'refuses a stranger on /%s, and the handler does not run [C90]',
    async (path) => {
      const api = await start({ controllers });
      const method = path === 'echo' ? 'POST' : 'GET';
      expect((await api.send(method, `/${path}`)).status).toBe(401);
      expect(handled).toBe(0);
    },
  );

  it('demands the scope on methods that were inherited or overridden', async () => {
    const api = await start({ controllers });
    const with_ = await clientWithKey(api.app, 'reader', ['a:read']);
    const without = await clientWithKey(api.app, 'other', ['b:read']);
    for (const path of ['inherited', 'overridden', 'per-request', 'public/closed']) {
      expect((await api.get(`/${path}`, { 'X-API-Key': with_ })).status).toBe(200);
      expect((await api.get(`/${path}`, { 'X-API-Key': without })).status).toBe(403);
    }
    expect(handled).toBe(4);
  });

  it('does not read credentials on public routes: a bad one changes nothing', async () => {
    const api = await start({ controllers });
    const key = await clientWithKey(api.app, 'reader', ['a:read']);
    for (const headers of [{}, { 'X-API-Key': key }, { 'X-API-Key': 'bad' }]) {
      expect(await api.get('/open', headers)).toMatchObject({
        status: 200,
        body: { caller: null },
      });
    }
    const twice = [
      ['Authorization', 'Bearer a'],
      ['Authorization', 'Bearer b'],
    ] as const;
    expect((await api.get('/public', twice)).status).toBe(200);
  });

  it('stays closed when a middleware of the host has put a caller on the request', async () => {
    const forged = { client: { clientId: 'admin' }, scope: new Set(['a:read']), credentials: [] };
    const api = await start({
      controllers,
      prepare: (app) => {
        // Express hands this very object to the guards, Fastify one of its own.
        app.use((request: { caller?: unknown }, _: unknown, next: () => void) => {
          request.caller = forged;
          next();
        });
        const instance: unknown = app.getHttpAdapter().getInstance();
        if (app.getHttpAdapter().getType() !== 'fastify') return;
        (instance as FastifyLike).addHook('onRequest', (request, _reply, done) => {
          request.caller = forged;
          done();
        });
      },
    });
    expect((await api.get('/public/closed')).status).toBe(401);
    expect((await api.get('/open')).body).toEqual({ caller: null });
    expect(handled).toBe(0);
  });

  it('publishes our keys without a credential, and nothing else of its own', async () => {
    const api = await start({ controllers });
    const { status, body } = await api.get('/.well-known/jwks.json');
    expect(status).toBe(200);
    const { keys } = body as { keys: object[] };
    expect(keys.length).toBeGreaterThan(0);
    for (const key of keys) expect(key).not.toHaveProperty('d');
  });

  it('leaves the body to the parsers of the host [T5]', async () => {
    const api = await start({ controllers });
    const key = await clientWithKey(api.app, 'writer', ['a:read']);
    const body = { a: [1, { b: 'ü' }] };
    const answer = await api.send('POST', '/echo', { 'X-API-Key': key }, body);
    expect(answer).toMatchObject({ status: 201, body });
  });

  it('lists every route with what it demands', async () => {
    const api = await start({ controllers });
    const listed = api.app.get(RoutePolicies).list();
    expect(listed.map(({ route, isPublic }) => [route, isPublic])).toEqual(
      expect.arrayContaining([
        ['MixedController.bare', false],
        ['MixedController.open', true],
        ['PublicController.closed', false],
        ['PerRequestController.closed', false],
        ['InheritingController.list', false],
        ['JwksController.jwks', true],
      ]),
    );
  });
});

class AnyPolicy extends ObjectPolicy<unknown> {
  check = () => true;
  where = () => ({});
}

@Controller()
class UndeclaredController {
  @Get('one') one() {}
  @Get('two') two() {}
  @Public() @Get('three') three() {}
}

@Controller()
class MistakenController {
  @Public() @RequireUser() @Get('one') both() {}
  @Scopes('a b') @Get('two') spaced() {}
  @UsePolicy(AnyPolicy) @Get('three') unprovided() {}
  @Roles('amdin') @Get('four') misspelt() {}
}

describeOnAdapters('Start-up', (start) => {
  const messageOf = async (settings: AppSettings): Promise<string> => {
    const failure = await start(settings).then(
      () => new TypeError('the app started'),
      (error: unknown) => error,
    );
    expect(failure).toMatchObject({ code: 'ERR_OPTIONS_INVALID' });
    return (failure as Error).message;
  };

  it('fails on routes that declare nothing, and names them all, where that is demanded', async () => {
    const options = { requireDeclaredPolicy: true };
    const message = await messageOf({ controllers: [UndeclaredController], options });
    expect(message).toContain('UndeclaredController.one declares no policy');
    expect(message).toContain('UndeclaredController.two declares no policy');
    expect(message).not.toContain('three');
    expect(message).not.toContain('JwksController');
  });

  it('fails on policies that cannot be meant, all of them together', async () => {
    const options = { roles: { admin: ['a'] } };
    const message = await messageOf({ controllers: [MistakenController], options });
    expect(message).toContain('MistakenController.both is both @Public() and demands something');
    expect(message).toContain('"a b" is no scope value');
    expect(message).toContain('uses AnyPolicy, which no module provides');
    expect(message).toContain('"amdin"');
  });

  it('reports all mistakes in options together', async () => {
    const message = await messageOf({
      options: { issuer: 'ftp://x', audience: '', apiKeys: { prefix: '_' }, hstsSeconds: -1 },
    });
    for (const part of ['issuer', 'audience', 'apiKeys.prefix', 'hstsSeconds']) {
      expect(message).toContain(part);
    }
  });

  it('refuses memory stores in production', async () => {
    expect(await messageOf({ options: { environment: 'production' } })).toContain('memory stores');
  });
});
