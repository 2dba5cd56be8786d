import {
  Controller,
  ForbiddenException,
  Get,
  Injectable,
  SetMetadata,
  UnauthorizedException,
  type CanActivate,
  type DynamicModule,
  type ExecutionContext,
  type Provider,
} from '@nestjs/common';
import { APP_GUARD, Reflector } from '@nestjs/core';
import { AuthGuard, PassportModule, PassportStrategy } from '@nestjs/passport';
import { ThrottlerGuard, ThrottlerModule, type ThrottlerStorage } from '@nestjs/throttler';
import { Redis } from 'ioredis';
import { ExtractJwt, Strategy } from 'passport-jwt';
import { BenchModule, listInvoices } from '../apps/handlers.js';
import { AUDIENCE, OWN_ISSUER, ROLE } from '../apps/names.js';
import { rival } from './rival.js';
import type { TokenAlgorithm } from '../apps/token-key.js';

interface NestLab {
  readonly ThrottlerStorageRedisService: new (client: Redis) => ThrottlerStorage;
}

interface TutorialUser {
  readonly jti: string;
  readonly roles: readonly string[];
}

const NOBODY_REACHES = 1e9;
const ROLES = 'roles';
const userOf = (context: ExecutionContext): TutorialUser =>
  context.switchToHttp().getRequest<{ user: TutorialUser }>().user;

@Controller()
class TutorialController {
  @Get('invoices')
  @SetMetadata(ROLES, [ROLE])
  list() {
    return listInvoices();
  }
}

@Injectable()
class JwtAuthGuard extends AuthGuard('jwt') {}

@Injectable()
class RolesGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    const targets = [context.getHandler(), context.getClass()];
    const required = this.reflector.getAllAndOverride<string[] | undefined>(ROLES, targets);
    if (required === undefined) return true;
    if (required.some((role) => userOf(context).roles.includes(role))) return true;
    throw new ForbiddenException();
  }
}

/** What articles on logging out of JWTs show: a key in Redis for each revoked token. */
class BlacklistGuard implements CanActivate {
  constructor(private readonly redis: Redis) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const entry = await this.redis.get(`blacklist:${userOf(context).jti}`);
    if (entry !== null) throw new UnauthorizedException('revoked');
    return true;
  }
}

/** What the documentation of Nest and the articles around it add up to: each part as it is shown there. */
export async function tutorialApp(
  secretOrKey: string,
  algorithm: TokenAlgorithm,
  redisUrl: string,
): Promise<DynamicModule> {
  const { ThrottlerStorageRedisService } = await rival<NestLab>(
    '@nest-lab/throttler-storage-redis',
  );
  const storage = new ThrottlerStorageRedisService(new Redis(redisUrl));
  const guards: Provider[] = [
    { provide: APP_GUARD, useClass: JwtAuthGuard },
    { provide: APP_GUARD, useClass: RolesGuard },
    { provide: APP_GUARD, useValue: new BlacklistGuard(new Redis(redisUrl)) },
    { provide: APP_GUARD, useClass: ThrottlerGuard },
  ];
  return {
    module: BenchModule,
    imports: [
      PassportModule,
      ThrottlerModule.forRoot({
        throttlers: [{ ttl: 60_000, limit: NOBODY_REACHES }],
        storage,
      }),
    ],
    controllers: [TutorialController],
    providers: [jwtStrategy(secretOrKey, algorithm), ...guards],
  };
}

function jwtStrategy(secretOrKey: string, algorithm: TokenAlgorithm): Provider {
  @Injectable()
  class JwtStrategy extends PassportStrategy(Strategy) {
    constructor() {
      super({
        jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
        secretOrKey,
        algorithms: [algorithm],
        issuer: OWN_ISSUER,
        audience: AUDIENCE,
      });
    }

    validate(payload: TutorialUser & { readonly sub: string }) {
      return { userId: payload.sub, jti: payload.jti, roles: payload.roles };
    }
  }
  return JwtStrategy;
}
