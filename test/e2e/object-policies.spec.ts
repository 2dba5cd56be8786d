import { Controller, Get, Injectable, NotFoundException, Param, Post, Res } from '@nestjs/common';
import { from } from 'rxjs';
import {
  CurrentPolicy,
  ObjectPolicy,
  Public,
  Scopes,
  UsePolicy,
  type BoundPolicy,
  type Caller,
  type SallyportOptions,
} from '@sallyport/nest';
import type { AdapterResponse } from '../../libs/sallyport/src/request/adapter-request.js';
import { describeOnAdapters, type TestApi } from '../support/adapters.js';
import { clientWithKey } from '../support/cast.js';
import { ownToken } from '../support/own-tokens.js';

interface Invoice {
  readonly id: string;
  readonly owner: string;
}

const invoices: readonly Invoice[] = [
  { id: '1', owner: 'alice' },
  { id: '2', owner: 'bob' },
];

@Injectable()
class InvoicePolicy extends ObjectPolicy<Invoice, (invoice: Invoice) => boolean> {
  check({ user }: Caller, { owner }: Invoice) {
    return user === null || user.subject === owner;
  }
  where(caller: Caller) {
    return (invoice: Invoice) => this.check(caller, invoice);
  }
}

type Policy = BoundPolicy<Invoice, (invoice: Invoice) => boolean>;

@UsePolicy(InvoicePolicy)
@Scopes('a')
@Controller('invoices')
class InvoicesController {
  @Get() list(@CurrentPolicy() policy: Policy) {
    return invoices.filter(policy.where());
  }
  @Get('forgotten/:id') forgotten(@Param('id') id: string) {
    return invoices.find((invoice) => invoice.id === id);
  }
  @Get('stream') stream() {
    return from(invoices);
  }
  @Get('by-itself') byItself(@Res() response: AdapterResponse & { send(body: string): void }) {
    response.send('sent');
  }
  @Get('missing') missing() {
    throw new NotFoundException();
  }
  @Public() @Get('open') open() {
    return 'open';
  }
  @Get(':id') one(@Param('id') id: string, @CurrentPolicy() policy: Policy) {
    return policy.check(invoices.find((invoice) => invoice.id === id));
  }
}

@Controller('unpoliced')
class UnpolicedController {
  @Post() @Scopes('a') create(@CurrentPolicy() policy: Policy) {
    return policy.where();
  }
}

describeOnAdapters('Object policies', (start) => {
  let api: TestApi;
  const startWith = async (options: Partial<SallyportOptions> = {}) => {
    api = await start({
      controllers: [InvoicesController, UnpolicedController],
      providers: [InvoicePolicy],
      options,
    });
    const key = await clientWithKey(api.app, 'shop', ['a']);
    return { 'X-API-Key': key };
  };
  const as = async (user: string) => ({
    Authorization: `Bearer ${await ownToken(api.app, { clientId: 'shop', user, scope: 'a' })}`,
  });

  it('show users their own objects, one by one and in lists [C31]', async () => {
    const app = await startWith();
    const alice = await as('alice');
    expect(await api.get('/invoices/1', alice)).toMatchObject({ status: 200, body: invoices[0] });
    expect((await api.get('/invoices', alice)).body).toEqual([invoices[0]]);
    expect((await api.get('/invoices', app)).body).toEqual(invoices);
  });

  it("make another's object look like one that is not there [C31]", async () => {
    await startWith();
    const alice = await as('alice');
    const denied = await api.get('/invoices/2', alice);
    const missing = await api.get('/invoices/404', alice);
    expect(denied.status).toBe(404);
    expect(denied.body).toEqual(missing.body);
    expect(api.log.join()).toMatch(/InvoicePolicy denied client shop.*no such object/);
  });

  it('say 403 by option', async () => {
    await startWith({ deniedObject: 403 });
    expect((await api.get('/invoices/2', await as('alice'))).status).toBe(403);
    expect((await api.get('/invoices/404', await as('alice'))).status).toBe(404);
  });

  it('withhold the result of a handler that forgot to ask: 500 [C31]', async () => {
    const app = await startWith();
    for (const path of ['/invoices/forgotten/2', '/invoices/stream']) {
      const answer = await api.get(path, app);
      expect(answer.status).toBe(500);
      expect(answer.text).not.toContain('bob');
      expect(answer.body).toMatchObject({ type: 'urn:sallyport:problem:server-error' });
    }
    expect(api.log.join()).toContain('ERR_POLICY_NOT_CONSULTED: InvoicesController.forgotten');
  });

  it('cannot withhold what a handler sends by itself, but say so in the log, and the app lives on', async () => {
    const app = await startWith();
    expect((await api.get('/invoices/by-itself', app)).text).toBe('sent');
    expect(api.log).toEqual([
      expect.stringContaining('ERR_POLICY_NOT_CONSULTED: InvoicesController.byItself'),
    ]);
    expect((await api.get('/invoices', app)).status).toBe(200);
  });

  it('leave errors of the handler, and public routes, as they are', async () => {
    const app = await startWith();
    expect((await api.get('/invoices/missing', app)).body).toMatchObject({ statusCode: 404 });
    expect((await api.get('/invoices/open')).text).toBe('open');
  });

  it('are needed where @CurrentPolicy() asks for one', async () => {
    const app = await startWith();
    expect((await api.send('POST', '/unpoliced', app)).status).toBe(500);
    expect(api.log.join()).toContain('has @CurrentPolicy() but no @UsePolicy');
  });
});
