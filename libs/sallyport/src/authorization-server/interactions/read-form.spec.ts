import { createServer, request as send, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { InteractionRefusal } from './interaction-refusal.js';
import { readForm } from './read-form.js';

const TYPE = 'application/x-www-form-urlencoded';

describe('readForm', () => {
  let server: Server;
  let port: number;

  beforeAll(async () => {
    server = createServer((request, response) => {
      readForm(request, ['csrf', 'username']).then(
        (form) => response.end(JSON.stringify(form)),
        (error: unknown) => {
          const code = error instanceof InteractionRefusal ? error.code : String(error);
          response.end(JSON.stringify(code));
        },
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    ({ port } = server.address() as AddressInfo);
  });

  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  const read = async (
    body: string | Uint8Array<ArrayBuffer>,
    headers: Record<string, string> = {},
  ): Promise<unknown> => {
    const url = `http://127.0.0.1:${port}`;
    const own = { 'content-type': TYPE, ...headers };
    return (await fetch(url, { method: 'POST', headers: own, body })).json();
  };

  it.each([
    ['csrf=t&username=alice', { csrf: 't', username: 'alice' }],
    ['username=a+b%2Bc%26%3D', { username: 'a b+c&=' }],
    ['username=J%C3%BCrgen+%F0%9F%94%91', { username: 'Jürgen 🔑' }],
    ['username=', { username: '' }],
    ['username=a=b', { username: 'a=b' }],
    ['', {}],
  ])('reads %j', async (body, form) => {
    expect(await read(body)).toEqual(form);
  });

  it.each([`${TYPE}; charset=utf-8`, `${TYPE};charset="UTF-8"`, TYPE.toUpperCase()])(
    'takes %s',
    async (type) => {
      expect(await read('csrf=t', { 'content-type': type })).toEqual({ csrf: 't' });
    },
  );

  it.each([
    'application/json',
    'multipart/form-data; boundary=x',
    'text/plain',
    `${TYPE}; charset=iso-8859-1`,
    `${TYPE}x`,
    `${TYPE}, ${TYPE}`,
  ])('refuses %s', async (type) => {
    expect(await read('csrf=t', { 'content-type': type })).toBe('form-unsupported');
  });

  it('refuses a compressed form', async () => {
    expect(await read('csrf=t', { 'content-encoding': 'gzip' })).toBe('form-unsupported');
  });

  it.each([
    ['a field sent twice', 'csrf=a&csrf=a'],
    ['a field sent twice in two spellings', 'csrf=a&%63srf=b'],
    ['an unknown field', 'csrf=t&role=admin'],
    ['a field of every object', '__proto__=x'],
    ['a field with brackets', 'username[]=x'],
    ['a field without a value', 'csrf'],
    ['a value without a field', '=x'],
    ['empty pairs', 'csrf=t&&username=x'],
    ['broken percent-encoding', 'username=%zz'],
    ['half a character', 'username=%C3'],
    ['bytes that are not UTF-8', 'username=%ff%fe'],
    ['an overlong encoding', 'username=%c0%af'],
    ['half a surrogate pair', 'username=%ed%a0%80'],
    ['a line break', 'csrf=t\r\n'],
    ['text that is not encoded', 'username=Jürgen'],
    ['a NUL', 'username=a\0'],
  ])('refuses %s', async (_, body) => {
    expect(await read(body)).toBe('form-malformed');
  });

  it('reads 8 kB and refuses more, whether it says so or not', async () => {
    const most = `username=${'a'.repeat(8_192 - 9)}`;
    expect(await read(most)).toHaveProperty('username');
    expect(await read(`${most}a`)).toBe('form-too-large');
    const chunked = await new Promise((resolve, reject) => {
      const headers = { 'content-type': TYPE, 'transfer-encoding': 'chunked' };
      const sent = send({ host: '127.0.0.1', port, method: 'POST', headers }, (response) => {
        response.on('data', (chunk: Buffer) => {
          resolve(JSON.parse(chunk.toString()));
        });
      });
      sent.on('error', reject);
      for (let n = 0; n < 40; n++) sent.write('a'.repeat(4_096));
      sent.end();
    });
    expect(chunked).toBe('form-too-large');
  });

  it('refuses content types of two minds', async () => {
    const status = await raw(
      `POST / HTTP/1.1\r\nHost: x\r\nContent-Type: ${TYPE}\r\nContent-Type: text/plain\r\nContent-Length: 6\r\nConnection: close\r\n\r\ncsrf=t`,
    );
    expect(status).toContain('form-unsupported');
  });

  it('answers the next request of a connection whose form was too large', async () => {
    const large = `POST / HTTP/1.1\r\nHost: x\r\nContent-Type: ${TYPE}\r\nContent-Length: 9000\r\n\r\n${'a'.repeat(9000)}`;
    const next = `POST / HTTP/1.1\r\nHost: x\r\nContent-Type: ${TYPE}\r\nContent-Length: 6\r\nConnection: close\r\n\r\ncsrf=t`;
    expect(await raw(large + next)).toMatch(/form-too-large[^]*\{"csrf":"t"\}/);
  });

  it('gives up on a form that does not come within 5 s', async () => {
    const before = performance.now();
    const half = `POST / HTTP/1.1\r\nHost: x\r\nContent-Type: ${TYPE}\r\nContent-Length: 6\r\nConnection: close\r\n\r\ncsr`;
    expect(await raw(half)).toContain('form-slow');
    expect(performance.now() - before).toBeLessThan(8_000);
  }, 15_000);

  /** All that the server answers, until it ends the connection or has answered in vain. */
  const raw = (text: string): Promise<string> =>
    new Promise((resolve, reject) => {
      let answer = '';
      const socket = connect(port, '127.0.0.1', () => socket.write(text));
      socket.on('data', (chunk) => (answer += chunk.toString()));
      socket.on('error', reject);
      socket.on('close', () => {
        resolve(answer);
      });
    });
});
