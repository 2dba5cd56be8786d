import type { ExecutionContext } from '@nestjs/common';
import { RequestOrigin } from './request-origin.js';
import { resolveRequestOptions } from './request.options.js';
import { RouteAccess } from './route-access.js';
import { TransportGuard } from './transport.guard.js';

class ClosedAccess extends RouteAccess {
  of = () => ({
    isPublic: false,
    isReportOnly: true,
    revocation: 'replica' as const,
    signature: null,
    encryption: null,
  });
}

describe('TransportGuard', () => {
  // How these are reached over HTTP is told by test/e2e/https.spec.ts.
  it.each(['ws', 'rpc', 'graphql'])(
    'keeps %s handlers closed, which nothing here can protect',
    (type) => {
      const options = resolveRequestOptions({}, true, []);
      const guard = new TransportGuard(new RequestOrigin(options), new ClosedAccess(), options);
      const context = { getType: () => type } as unknown as ExecutionContext;
      expect(() => guard.canActivate(context)).toThrow(
        expect.objectContaining({ code: 'ERR_POLICY_DENIED' }),
      );
    },
  );
});
