import { Module, type NestModule } from '@nestjs/common';
import { ApplicationConfig, HttpAdapterHost, type AbstractHttpAdapter } from '@nestjs/core';
import { Clock } from '../clock.js';
import { ConfigurableAuthorizationServer } from './authorization-server.module-definition.js';
import { authorizationServerProviders } from './authorization-server.providers.js';
import { InteractionController } from './interactions/interaction.controller.js';
import { keepBodies, returnBodies } from './mount/body-custody.js';
import { EngineController } from './mount/engine.controller.js';
import { MetadataController } from './mount/metadata.controller.js';
import { StylesheetController } from './pages/stylesheet.controller.js';
import { UserinfoController } from './userinfo.controller.js';

/**
 * An OAuth 2.1 and OpenID Connect authorization server under `/oauth`, in the app that imports it once beside
 * SallyportModule, whose `issuer` it is.
 */
@Module({
  controllers: [
    InteractionController,
    StylesheetController,
    UserinfoController,
    MetadataController,
    EngineController,
  ],
  providers: authorizationServerProviders,
})
export class AuthorizationServerModule
  extends ConfigurableAuthorizationServer
  implements NestModule
{
  constructor(
    private readonly host: HttpAdapterHost,
    config: ApplicationConfig,
    clock: Clock,
  ) {
    super();
    // At once in a running app; in Nest's testing module when it becomes one; never in a job without HTTP.
    host.init$.subscribe(() => {
      const adapter = host.httpAdapter as AbstractHttpAdapter | null;
      if (adapter !== null) keepBodies(adapter, config, clock);
    });
  }

  configure(): void {
    returnBodies(this.host);
  }
}
