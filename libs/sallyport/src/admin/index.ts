export { AdminModule } from './admin.module.js';
export { ADMIN_SCOPE, type AdminOptions } from './admin.options.js';
export type { UsageView } from './usage/usage.view.js';
export type { ApiKeyView } from './api-key.view.js';
