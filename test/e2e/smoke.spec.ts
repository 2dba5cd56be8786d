import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  ApiKey,
  ApiKeyService,
  ClientService,
  CurrentClient,
  SallyportModule,
  Scopes,
  type ClientPrincipal,
} from '@sallyport/nest';

@Controller('invoices')
class InvoicesController {
  @Get() @ApiKey() @Scopes('invoices:read') list(@CurrentClient() client: ClientPrincipal) {
    return { client: client.clientId };
  }
}

@Module({
  imports: [
    SallyportModule.forRoot({
      issuer: 'https://api.example.com/oauth',
      audience: 'https://api.example.com',
      environment: 'development',
    }),
  ],
  controllers: [InvoicesController],
})
class AppModule {}

it('starts', async () => {
  const app = await NestFactory.create(AppModule, { abortOnError: false });
  await app.listen(0, '127.0.0.1');
  await app.get(ClientService).register(
    { clientId: 'shop', name: 'Shop', type: 'confidential', scope: ['invoices:read'] },
    { actor: 'test' },
  );
  const { plaintext } = await app
    .get(ApiKeyService)
    .issue({ clientId: 'shop', name: 'k', preset: 'read' }, { actor: 'test' });
  const url = `${await app.getUrl()}/invoices`;
  const none = await fetch(url);
  console.log(none.status, await none.text(), [...none.headers]);
  const ok = await fetch(url, { headers: { 'x-api-key': plaintext } });
  console.log(ok.status, await ok.text(), [...ok.headers]);
  await app.close();
  expect(ok.status).toBe(200);
});
