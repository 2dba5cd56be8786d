import {
  BadRequestException,
  Body,
  Controller,
  Get,
  HttpException,
  Post,
  ServiceUnavailableException,
} from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { HttpProblemFilter, Public } from '@sallyport/nest';
import { describeOnAdapters, type TestApi } from '../support/adapters.js';

@Public()
@Controller()
class FailingController {
  @Get('teapot') teapot() {
    throw new HttpException('short and stout', 418);
  }
  @Get('invalid') invalid() {
    throw new BadRequestException(['name must be a string', 'age must be a number']);
  }
  @Get('bug') bug() {
    throw new TypeError('secret of the house');
  }
  @Get('thrown') thrown() {
    // eslint-disable-next-line @typescript-eslint/only-throw-error -- some library will
    throw 'secret of the house';
  }
  @Get('away') away() {
    throw new ServiceUnavailableException('secret of the house');
  }
  @Post('json') json(@Body() body: unknown) {
    return body;
  }
}

@Controller('closed')
class ClosedController {
  @Get() closed() {}
}

describeOnAdapters('HttpProblemFilter', (start) => {
  let api: TestApi;
  beforeEach(async () => {
    api = await start({
      controllers: [FailingController, ClosedController],
      providers: [{ provide: APP_FILTER, useClass: HttpProblemFilter }],
    });
  });

  const problemOf = async (path: string) => {
    const { status, headers, body } = await api.get(path);
    expect(headers['content-type']).toBe('application/problem+json; charset=utf-8');
    expect(headers['cache-control']).toBe('no-store');
    expect((body as { status: number }).status).toBe(status);
    return body;
  };

  it('makes problems of what the app throws', async () => {
    expect(await problemOf('/teapot')).toEqual({
      type: 'about:blank',
      title: "I'm a Teapot",
      status: 418,
      detail: 'short and stout',
    });
    expect(await problemOf('/invalid')).toEqual({
      type: 'about:blank',
      title: 'Bad Request',
      status: 400,
      detail: 'name must be a string; age must be a number',
    });
  });

  it.each(['/bug', '/thrown', '/away'])('tells nothing of the inside on %s', async (path) => {
    expect(JSON.stringify(await problemOf(path))).not.toContain('secret');
    expect(api.log.join()).toContain('unhandled');
  });

  it('does not repeat the URL of a route that there is not', async () => {
    const body = await problemOf('/nowhere?api_key=verysecret');
    expect(body).toEqual({ type: 'about:blank', title: 'Not Found', status: 404 });
  });

  it('makes problems of what body parsers refuse', async () => {
    const huge = { text: 'x'.repeat(2_000_000) };
    const { status, body } = await api.send('POST', '/json', {}, huge);
    expect(status).toBe(413);
    expect(body).toMatchObject({ type: 'about:blank', title: 'Payload Too Large', status: 413 });
  });

  it.each(['as a provider', 'by useGlobalFilters'])(
    'answers refusals as ever, set %s',
    async (way) => {
      if (way === 'by useGlobalFilters') {
        api = await start({
          controllers: [ClosedController],
          providers: [HttpProblemFilter],
          prepare: (app) => app.useGlobalFilters(app.get(HttpProblemFilter)),
        });
      }
      const { status, headers, body } = await api.get('/closed');
      expect(status).toBe(401);
      expect(headers['www-authenticate']).toContain('Bearer');
      expect(body).toMatchObject({ type: 'urn:sallyport:problem:credential-missing' });
    },
  );
});
