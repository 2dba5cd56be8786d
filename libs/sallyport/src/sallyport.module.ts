import { Inject, Module, type NestModule } from '@nestjs/common';
import { DiscoveryModule, HttpAdapterHost } from '@nestjs/core';
import { encryptedLength } from './encryption/compact-jwe.js';
import { RoutePolicies } from './policy/route-policies.js';
import { REQUEST_OPTIONS, type ResolvedRequestOptions } from './request/request.options.js';
import { keepReceivedBodies } from './request/received-body.js';
import { takeEncryptedBodies } from './request/take-encrypted-bodies.js';
import { openCallerContext } from './principals/open-caller-context.js';
import { pipeline } from './pipeline.js';
import { ConfigurableModuleClass } from './sallyport.module-definition.js';
import { sallyportExports, sallyportProviders } from './sallyport.providers.js';
import { JwksController } from './discovery/jwks.controller.js';
import { SystemModule } from './system.module.js';

/** Protects every route of the app that imports it, once, in its root module. */
@Module({
  imports: [SystemModule, DiscoveryModule],
  controllers: [JwksController],
  providers: [...sallyportProviders, ...pipeline],
  exports: [SystemModule, ...sallyportExports],
})
export class SallyportModule extends ConfigurableModuleClass implements NestModule {
  constructor(
    private readonly host: HttpAdapterHost,
    @Inject(REQUEST_OPTIONS) private readonly request: ResolvedRequestOptions,
    private readonly policies: RoutePolicies,
  ) {
    super();
  }

  configure(): void {
    openCallerContext(this.host);
    const policies = this.policies.list();
    const { maxSignedBodyBytes: maxBytes } = this.request;
    const takesEncrypted = policies.some(
      ({ encryption }) => encryption !== null && encryption.request !== 'refused',
    );
    if (takesEncrypted) takeEncryptedBodies(this.host);
    keepReceivedBodies(this.host, {
      maxBytes,
      maxEncryptedBytes: takesEncrypted ? encryptedLength(maxBytes) : maxBytes,
      withInjected: policies.some(({ signature }) => signature?.isRequired === true),
    });
  }
}
