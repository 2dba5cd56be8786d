export { ApiKeyService } from './api-key.service.js';
export type { IssuedApiKey } from './api-key-records.js';
export type { ImportedApiKey, NewApiKey } from './issue-api-key.js';
export type { ApiKey, ApiKeyChanges, ApiKeyEnvironment } from './api-key.js';
export { formatApiKey, parseApiKey, type ApiKeyParts } from './api-key-format.js';
export type { ApiKeyOptions, ApiKeyPreset } from './api-key.options.js';
export { ApiKeyStore } from './api-key.store.js';
