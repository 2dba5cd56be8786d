import { Controller, Get } from '@nestjs/common';
import { Public } from '../request/public.decorator.js';
import { compileRoutePolicy } from './compile-route-policy.js';
import {
  ApiKey,
  Claims,
  ClientOnly,
  RequireUser,
  Roles,
  Scopes,
  SenderConstrained,
  SignedRequest,
  UsePolicy,
} from './demands.decorator.js';
import { ObjectPolicy } from './object-policy.js';

type Routes = Record<string, () => unknown>;

function compile(controller: new () => object, name = 'route') {
  const mistakes: string[] = [];
  const handler = (controller.prototype as Routes)[name];
  if (handler === undefined) throw new TypeError(`no ${name}`);
  return { ...compileRoutePolicy(controller, handler, mistakes), mistakes };
}

class AnyPolicy extends ObjectPolicy<unknown> {
  check = () => true;
  where = () => ({});
}

describe('The policy of a route', () => {
  it('is closed when nothing is said', () => {
    class Bare {
      @Get() route() {}
    }
    expect(compile(Bare)).toEqual({
      route: 'Bare.route',
      isPublic: false,
      isDeclared: false,
      scopes: [],
      roles: [],
      rolesOnlyWhenUser: false,
      apiKey: 'none',
      signature: null,
      encryption: null,
      user: 'any',
      claims: null,
      isSenderConstrained: false,
      objectPolicy: null,
      mistakes: [],
    });
  });

  it('is what its decorators say', () => {
    class Full {
      @ApiKey({ personal: true })
      @RequireUser()
      @Scopes('a:read', 'a:write')
      @Roles('admin', 'editor', { whenUser: true })
      @Claims({ level: [1, 2] })
      @SenderConstrained()
      @UsePolicy(AnyPolicy)
      route() {}
    }
    expect(compile(Full)).toMatchObject({
      isPublic: false,
      isDeclared: true,
      scopes: ['a:read', 'a:write'],
      roles: ['admin', 'editor'],
      rolesOnlyWhenUser: true,
      apiKey: 'own-or-personal',
      user: 'required',
      claims: { level: [1, 2] },
      isSenderConstrained: true,
      objectPolicy: AnyPolicy,
      mistakes: [],
    });
  });

  it("takes its class's demands, and replaces those of the same kind", () => {
    @ApiKey()
    @RequireUser()
    @Scopes('a:read')
    class Mixed {
      route() {}
      @Scopes('a:write') narrower() {}
      @ClientOnly() job() {}
    }
    expect(compile(Mixed)).toMatchObject({ apiKey: 'own', user: 'required', scopes: ['a:read'] });
    expect(compile(Mixed, 'narrower')).toMatchObject({
      apiKey: 'own',
      user: 'required',
      scopes: ['a:write'],
    });
    expect(compile(Mixed, 'job')).toMatchObject({ user: 'refused', scopes: ['a:read'] });
  });

  it("is open by @Public() on method or class, and then has none of its class's demands", () => {
    @Public()
    class Open {
      route() {}
    }
    @Scopes('a:read')
    @UsePolicy(AnyPolicy)
    class Closed {
      @Public() route() {}
    }
    expect(compile(Open)).toMatchObject({ isPublic: true, isDeclared: true });
    expect(compile(Closed)).toMatchObject({
      isPublic: true,
      scopes: [],
      objectPolicy: null,
      mistakes: [],
    });
  });

  it.each([
    ['@Scopes', Scopes('a')],
    ['@Roles', Roles('admin')],
    ['@ApiKey', ApiKey()],
    ['@RequireUser', RequireUser()],
    ['@ClientOnly', ClientOnly()],
    ['@Claims', Claims({ a: 1 })],
    ['@SenderConstrained', SenderConstrained()],
    ['@UsePolicy', UsePolicy(AnyPolicy)],
  ])("%s on a method cancels its class's @Public()", (_, demand) => {
    @Public()
    class Open {
      @demand route() {}
    }
    expect(compile(Open)).toMatchObject({ isPublic: false, mistakes: [] });
  });

  it('both on one level is a mistake', () => {
    class OnMethod {
      @Public() @Scopes('a') route() {}
    }
    @Public()
    @RequireUser()
    class OnClass {
      route() {}
    }
    expect(compile(OnMethod)).toMatchObject({ isPublic: false });
    expect(compile(OnMethod).mistakes).toEqual([
      'OnMethod.route is both @Public() and demands something: remove one',
    ]);
    expect(compile(OnClass)).toMatchObject({ isPublic: false });
    expect(compile(OnClass).mistakes).toHaveLength(1);
  });

  it('may demand a signature and a proof of a key, unless both would stand in Authorization', () => {
    class Doubly {
      @SenderConstrained() @SignedRequest() both() {}
      @SenderConstrained() @SignedRequest({ scheme: 'aws4-hmac-sha256' }) nobody() {}
    }
    expect(compile(Doubly, 'both')).toMatchObject({
      isSenderConstrained: true,
      signature: { isRequired: true },
      mistakes: [],
    });
    expect(compile(Doubly, 'nobody').mistakes).toEqual([
      'Doubly.nobody is @SenderConstrained() and demands aws4-hmac-sha256: nobody could enter',
    ]);
  });

  it('names demands that nobody or everybody could meet', () => {
    class Wrong {
      @Scopes('a:read a:write') spaced() {}
      @Scopes('a"b') quoted() {}
      @Claims({}) anything() {}
      @Roles('admin') @ClientOnly() nobody() {}
      @Roles('admin', { whenUser: true }) @ClientOnly() somebody() {}
    }
    const untyped = Scopes as unknown as () => MethodDecorator;
    const untypedRoles = Roles as unknown as (condition: object) => MethodDecorator;
    class Empty {
      @untyped() scopes() {}
      @untypedRoles({ whenUser: true }) roles() {}
    }
    for (const name of ['spaced', 'quoted', 'anything', 'nobody']) {
      expect(compile(Wrong, name).mistakes).toHaveLength(1);
    }
    expect(compile(Wrong, 'somebody').mistakes).toEqual([]);
    expect(compile(Empty, 'scopes').mistakes).toEqual([
      'Empty.scopes has @Scopes() that name none',
    ]);
    expect(compile(Empty, 'roles').mistakes).toEqual(['Empty.roles has @Roles() that name none']);
  });

  describe('of a subclass', () => {
    @Scopes('base')
    @ApiKey()
    abstract class Base {
      route(): unknown {
        return null;
      }
      @Scopes('method') scoped(): unknown {
        return null;
      }
      @Public() open(): unknown {
        return null;
      }
    }

    it('inherits the demands of the base class and of its methods', () => {
      @Controller()
      class Sub extends Base {}
      expect(compile(Sub)).toMatchObject({ route: 'Sub.route', scopes: ['base'], apiKey: 'own' });
      expect(compile(Sub, 'scoped')).toMatchObject({ scopes: ['method'] });
      expect(compile(Sub, 'open')).toMatchObject({ isPublic: true });
    });

    it("replaces the base class's demands of the same kind, but not its methods'", () => {
      @Scopes('sub')
      class Sub extends Base {}
      expect(compile(Sub)).toMatchObject({ scopes: ['sub'], apiKey: 'own' });
      expect(compile(Sub, 'scoped')).toMatchObject({ scopes: ['method'], apiKey: 'own' });
    });

    it('keeps the demands of a method that it overrides, and not its @Public()', () => {
      class Sub extends Base {
        override scoped() {
          return 1;
        }
        override open() {
          return 1;
        }
      }
      expect(compile(Sub, 'scoped')).toMatchObject({ scopes: ['method'], apiKey: 'own' });
      expect(compile(Sub, 'open')).toMatchObject({ isPublic: false, scopes: ['base'] });
    });

    it('may close what its base class opens, and open what that closes', () => {
      @Public()
      class OpenBase {
        route() {}
      }
      @RequireUser()
      class Closing extends OpenBase {}
      @Public()
      class Opening extends Base {}
      expect(compile(Closing)).toMatchObject({ isPublic: false, user: 'required', mistakes: [] });
      expect(compile(Opening)).toMatchObject({ isPublic: true, scopes: [], mistakes: [] });
      expect(compile(Opening, 'scoped')).toMatchObject({ isPublic: false, scopes: ['method'] });
    });
  });
});
