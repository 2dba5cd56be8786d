import {
  Controller,
  Get,
  Module,
  UseGuards,
  type DynamicModule,
  type INestApplication,
} from '@nestjs/common';
import { AuthGuard, PassportModule, PassportStrategy } from '@nestjs/passport';
import { ExtractJwt, Strategy } from 'passport-jwt';
import {
  ApiKeyService,
  ClientService,
  SallyportModule,
  Scopes,
} from '../../libs/sallyport/src/index.js';

export const OWN_ISSUER = 'https://api.test/oauth';
export const AUDIENCE = 'https://api.test';
export const BY = { actor: 'bench' };

/** The handler that all apps share; what is in front of it is what is measured. */
@Controller()
class InvoicesController {
  @Get('invoices')
  @Scopes('invoices:read')
  list() {
    return { invoices: [{ id: '0198c5d2-7e2b-7d32-9d57-0d7a0a4d1c11', amountCents: 12_900 }] };
  }
}

@Controller()
class PassportController {
  @Get('invoices')
  @UseGuards(AuthGuard('jwt'))
  list() {
    return new InvoicesController().list();
  }
}

@Module({})
class BenchModule {}

export const bareApp = (): DynamicModule => ({
  module: BenchModule,
  controllers: [InvoicesController],
});

/** What `forRoot` takes: the options and the stores. */
export type ForRoot = Parameters<typeof SallyportModule.forRoot>[0];

const plenty = { limit: 10_000_000, windowSeconds: 60 };
const quota = { reads: plenty, writes: plenty };

/** Everything is on as it is by default, only that nobody runs into a limit. */
export const guardedApp = (
  options: Partial<ForRoot> = { environment: 'development' },
  imports: readonly DynamicModule[] = [],
): DynamicModule => ({
  module: BenchModule,
  imports: [
    ...imports,
    SallyportModule.forRoot({
      issuer: OWN_ISSUER,
      audience: AUDIENCE,
      roles: { viewer: ['invoices:read'], editor: ['viewer', 'invoices:write'] },
      throttling: { address: plenty, client: quota, user: quota },
      ...options,
    }),
  ],
  controllers: [InvoicesController],
});

/** What the documentation of Nest shows: passport-jwt with a PEM, and nothing more. No revocation, limits or scope. */
export function passportApp(publicKeyPem: string): DynamicModule {
  class JwtStrategy extends PassportStrategy(Strategy) {
    constructor() {
      super({
        jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
        secretOrKey: publicKeyPem,
        algorithms: ['ES256'],
        issuer: OWN_ISSUER,
        audience: AUDIENCE,
      });
    }

    validate(payload: { readonly sub: string; readonly scope: string }) {
      return { sub: payload.sub, scope: payload.scope };
    }
  }
  return {
    module: BenchModule,
    imports: [PassportModule],
    controllers: [PassportController],
    providers: [JwtStrategy],
  };
}

/** Registers a client and issues a key for it. */
export async function seedKey(app: INestApplication, clientId: string): Promise<string> {
  const scope = ['invoices:read', 'invoices:write'];
  await app
    .get(ClientService)
    .register({ clientId, name: clientId, type: 'confidential', scope }, BY);
  const issued = await app.get(ApiKeyService).issue({ clientId, name: 'bench', scope }, BY);
  return issued.plaintext;
}
