import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { root } from './source-files.js';

/** What a host installs; TypeORM, Redis, Passport and an OAuth engine are not among it. */
const installed = ['@nestjs/common', '@nestjs/core', '@nestjs/platform-express']
  .concat(['@nestjs/throttler', 'ipaddr.js', 'jose', 'reflect-metadata', 'rxjs', '@types/node'])
  .concat(['structured-headers', 'typescript']);

const main = `
import 'reflect-metadata';
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ApiKey, ApiKeyService, ClientService, CurrentClient, SallyportModule, Scopes, type ClientPrincipal } from '@sallyport/nest';

@Controller('invoices')
class InvoicesController {
  @Get() @ApiKey() @Scopes('invoices:read')
  list(@CurrentClient() client: ClientPrincipal) {
    return { calledBy: client.clientId };
  }
}

@Module({
  imports: [SallyportModule.forRoot({ issuer: 'https://outside.example/oauth', audience: 'https://outside.example' })],
  controllers: [InvoicesController],
})
class AppModule {}

const app = await NestFactory.create(AppModule, { logger: ['error'] });
const by = { actor: 'outside-app' };
await app.get(ClientService).register({ clientId: 'robot', name: 'Robot', type: 'confidential', scope: ['invoices:read'] }, by);
const { plaintext } = await app.get(ApiKeyService).issue({ clientId: 'robot', name: 'first', scope: ['invoices:read'] }, by);
await app.listen(0, '127.0.0.1');
console.log(JSON.stringify({ url: await app.getUrl(), key: plaintext }));
`;

const tsconfig = {
  compilerOptions: {
    target: 'ES2023',
    lib: ['ES2023', 'DOM'],
    module: 'nodenext',
    types: ['node'],
    strict: true,
    isolatedModules: true,
    experimentalDecorators: true,
    emitDecoratorMetadata: true,
    skipLibCheck: true,
  },
  files: ['main.ts'],
};

describe('A Nest app outside the workspace', () => {
  const home = mkdtempSync(join(tmpdir(), 'sallyport-outside-'));
  const modules = join(home, 'node_modules');
  let app: ChildProcess | undefined;
  let url: string;
  let key: string;

  const run = (cwd: string, command: string, ...args: string[]): void => {
    execFileSync(command, args, { cwd, stdio: ['ignore', 'ignore', 'inherit'] });
  };

  beforeAll(async () => {
    installLibrary();
    for (const name of installed) {
      mkdirSync(dirname(join(modules, name)), { recursive: true });
      symlinkSync(join(root, 'node_modules', name), join(modules, name));
    }
    writeFileSync(join(home, 'package.json'), '{ "type": "module" }');
    writeFileSync(join(home, 'tsconfig.json'), JSON.stringify(tsconfig));
    writeFileSync(join(home, 'main.ts'), main);
    run(home, process.execPath, join(modules, 'typescript/bin/tsc'), '-p', '.');

    app = spawn(process.execPath, ['main.js'], {
      cwd: home,
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { PATH: process.env.PATH, SALLYPORT_ENV: 'development' },
    });
    const [line] = (await once(createInterface(app.stdout!), 'line')) as [string];
    ({ url, key } = JSON.parse(line));
  }, 180_000);

  afterAll(async () => {
    if (app?.exitCode === null) {
      app.kill();
      await once(app, 'exit');
    }
    rmSync(home, { recursive: true, force: true });
  });

  /** As npm would: what `npm pack` puts into the archive, and nothing else. */
  function installLibrary(): void {
    run(root, process.execPath, 'tools/build.mjs', '--library');
    run(join(root, 'libs/sallyport'), 'npm', 'pack', '--silent', '--pack-destination', home);
    const target = join(modules, '@sallyport/nest');
    mkdirSync(target, { recursive: true });
    run(home, 'tar', '-xzf', 'sallyport-nest-0.1.0.tgz', '-C', target, '--strip-components=1');
  }

  it('is protected by importing the module', async () => {
    const response = await fetch(`${url}/invoices`);
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).not.toBeNull();
  });

  it('lets in an app with an API key', async () => {
    const response = await fetch(`${url}/invoices`, { headers: { 'X-API-Key': key } });
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ calledBy: 'robot' });
  });
});
