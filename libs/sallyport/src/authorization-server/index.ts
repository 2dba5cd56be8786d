export { AuthorizationServerModule } from './authorization-server.module.js';
export type { AuthorizationServerStructure } from './authorization-server.module-definition.js';
export type {
  AuthorizationServerOptions,
  ResourceOptions,
} from './authorization-server.options.js';
export type { ScopeDescriptions } from './interactions/scope-descriptions.js';
export type { SignInOptions } from './interactions/sign-in.options.js';
export type { ThemeOptions } from './pages/theme.js';
export { UserDirectory, type AuthenticatedUser, type PasswordLogin } from './user-directory.js';
