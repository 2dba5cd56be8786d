import { randomUUID } from 'node:crypto';
import { Controller, Get, Injectable, Module, Req, UseGuards } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AuthGuard, PassportStrategy } from '@nestjs/passport';
import { Strategy, type StrategyOptions } from 'passport-oauth2';
import type { AdapterRequest } from '../../libs/sallyport/src/request/adapter-request.js';

/** What the strategy got at the end of a login. */
export interface SignedIn {
  readonly accessToken: string;
  readonly refreshToken: string;
}

export interface PassportApp {
  /** `/login` starts a login, its redirect leads to `/callback`. */
  readonly url: string;
  close(): Promise<void>;
}

/** An app of somebody who never heard of us, on Express: users sign in by `passport-oauth2`. */
export async function startPassportApp(
  port: number,
  options: Pick<
    StrategyOptions,
    'authorizationURL' | 'tokenURL' | 'clientID' | 'clientSecret' | 'scope'
  >,
): Promise<PassportApp> {
  const url = `http://localhost:${String(port)}`;

  @Injectable()
  class IssuerStrategy extends PassportStrategy(Strategy, 'issuer') {
    constructor() {
      super({ ...options, callbackURL: `${url}/callback`, state: true, pkce: true });
    }

    validate(accessToken: string, refreshToken: string): SignedIn {
      return { accessToken, refreshToken };
    }
  }

  @Controller()
  @UseGuards(AuthGuard('issuer'))
  class LoginController {
    @Get('login') login(): void {
      throw new Error('the strategy lets nobody through who has not signed in');
    }
    @Get('callback') callback(@Req() { user }: { readonly user: SignedIn }): SignedIn {
      return user;
    }
  }

  @Module({ controllers: [LoginController], providers: [IssuerStrategy] })
  class LoginModule {}

  const app = await NestFactory.create(LoginModule, { logger: false });
  app.use(sessions());
  await app.listen(port, '127.0.0.1');
  return { url, close: () => app.close() };
}

/** As `express-session` does it: where the strategy keeps state and verifier between the two requests. */
function sessions() {
  const kept = new Map<string, object>();
  return (
    request: AdapterRequest & { session?: object },
    response: { setHeader(name: string, value: string): void },
    next: () => void,
  ): void => {
    const id = /\bsid=([^;]+)/.exec(request.headers.cookie ?? '')?.[1] ?? randomUUID();
    const session = kept.get(id) ?? {};
    kept.set(id, session);
    request.session = session;
    response.setHeader('Set-Cookie', `sid=${id}; HttpOnly`);
    next();
  };
}
