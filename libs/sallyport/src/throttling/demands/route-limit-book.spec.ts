import { Controller, Get, type ExecutionContext, type Type } from '@nestjs/common';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { RateLimit } from '../rate-limit.decorator.js';
import { resolveThrottlingOptions } from '../throttling.options.js';
import { RouteLimitBook } from './route-limit-book.js';

class ListController {
  @Get('list') list(): string {
    return 'ok';
  }
}

@Controller('cheap')
@RateLimit({ limit: 9, windowSeconds: 60 })
class CheapController extends ListController {}

@Controller('dear')
@RateLimit({ limit: 9, windowSeconds: 60, cost: 3 })
class DearController extends ListController {}

const running = (controller: Type): ExecutionContext =>
  ({
    getClass: () => controller,
    getHandler: () => (controller.prototype as ListController).list,
  }) as unknown as ExecutionContext;

describe('RouteLimitBook', () => {
  it('compiles a handler once for each controller that inherits it, whichever is called in between', () => {
    const book = new RouteLimitBook(
      { getControllers: () => [] } as unknown as DiscoveryService,
      new MetadataScanner(),
      resolveThrottlingOptions({}, []),
    );
    const [cheap, dear] = [running(CheapController), running(DearController)];
    const first = [book.of(cheap), book.of(dear)];
    expect([book.costOf(cheap), book.costOf(dear)]).toEqual([1, 3]);
    for (let n = 0; n < 3; n += 1) {
      expect(book.of(cheap)).toBe(first[0]);
      expect(book.of(dear)).toBe(first[1]);
    }
  });

  it.each([{ failMode: 'closed' }, { policy: 'address', failMode: 'closed' }] as const)(
    'refuses to start with %j, which would fail as open as ever',
    (limit) => {
      @Controller('reports')
      class ReportsController {
        @Get() @RateLimit(limit) list(): string {
          return 'ok';
        }
      }
      const book = new RouteLimitBook(
        {
          getControllers: () => [{ metatype: ReportsController }],
        } as unknown as DiscoveryService,
        new MetadataScanner(),
        resolveThrottlingOptions({}, []),
      );
      expect(() => {
        book.onModuleInit();
      }).toThrow('failMode needs a limit, or a policy of throttling.policies');
    },
  );
});
