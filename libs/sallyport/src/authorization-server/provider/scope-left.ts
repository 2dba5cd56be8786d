import type { Client } from '../../clients/client.js';
import { OPENID_SCOPE } from './resources.js';

/** What is left of a token's scope, when its client may do less now than at issue. */
export const scopeLeft = (scope: readonly string[], client: Client): readonly string[] =>
  scope.filter((value) => client.scope.includes(value) || OPENID_SCOPE.includes(value));
