import { Controller, Get } from '@nestjs/common';
import { Public, Scopes } from '@sallyport/nest';
import { describeOnAdapters, type TestApi } from '../support/adapters.js';

let handled = 0;

@Controller()
class ReadController {
  @Get('public') @Public() public() {
    handled += 1;
    return 'ok';
  }
  @Get('closed') @Scopes('a') closed() {
    handled += 1;
    return 'ok';
  }
}

const BAD = '192.0.2.66';

describeOnAdapters('An address of ill repute', (start) => {
  const startWith = (enforce: 'closed' | 'report') =>
    start({
      controllers: [ReadController],
      options: {
        ...{ enforce, trustedProxies: ['127.0.0.1'] },
        throttling: { refusesAddress: (address) => address === BAD },
      },
    });
  const from = (api: TestApi, address: string, path = '/public') =>
    api.get(path, { 'X-Forwarded-For': address, 'X-API-Key': 'nonsense' });
  beforeEach(() => {
    handled = 0;
  });

  it('is refused before its credentials are looked at, in every spelling, and no other is [C44]', async () => {
    const api = await startWith('closed');
    for (const address of [BAD, `::ffff:${BAD}`]) {
      for (const path of ['/public', '/closed']) {
        const answer = await from(api, address, path);
        expect(answer.status).toBe(403);
        expect(answer.body).toMatchObject({ title: 'Address refused' });
      }
    }
    expect(handled).toBe(0);
    expect((await from(api, '192.0.2.67')).status).toBe(200);
    expect((await from(api, '192.0.2.67', '/closed')).status).toBe(401);
    expect(api.log.join('\n')).toContain(`address ${BAD}`);
  });

  it('is let through and named in the log where refusals are only reported', async () => {
    const api = await startWith('report');
    expect((await from(api, BAD)).status).toBe(200);
    expect(api.log.join('\n')).toContain(`would refuse: address ${BAD}`);
  });
});
