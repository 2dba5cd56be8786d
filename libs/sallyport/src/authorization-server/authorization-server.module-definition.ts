import { ConfigurableModuleBuilder, type ModuleMetadata, type Type } from '@nestjs/common';
import {
  AUTHORIZATION_SERVER_OPTIONS,
  type AuthorizationServerOptions,
} from './authorization-server.options.js';
import { BoundedUserDirectory } from './bounded-user-directory.js';
import { UserDirectory } from './user-directory.js';

/** What is wired. Known when modules are put together, so given in plain, even to forRootAsync. */
export interface AuthorizationServerStructure {
  /** The host's users: a provider that one of `imports` exports, or a global module. */
  readonly userDirectory: Type<UserDirectory>;
  /** Modules that export `userDirectory`. @default [] */
  readonly imports?: ModuleMetadata['imports'];
}

export const {
  ConfigurableModuleClass: ConfigurableAuthorizationServer,
  OPTIONS_TYPE: AUTHORIZATION_SERVER_OPTIONS_TYPE,
  ASYNC_OPTIONS_TYPE: AUTHORIZATION_SERVER_ASYNC_OPTIONS_TYPE,
} = new ConfigurableModuleBuilder<AuthorizationServerOptions>({
  optionsInjectionToken: AUTHORIZATION_SERVER_OPTIONS,
})
  .setClassMethodName('forRoot')
  .setExtras<AuthorizationServerStructure>(
    { userDirectory: UserDirectory as Type<UserDirectory> },
    (definition, { userDirectory, imports = [] }) => ({
      ...definition,
      imports: [...(definition.imports ?? []), ...imports],
      providers: [
        ...(definition.providers ?? []),
        {
          provide: UserDirectory,
          inject: [userDirectory],
          useFactory: (directory: UserDirectory) => new BoundedUserDirectory(directory),
        },
      ],
    }),
  )
  .build();
