import { SallyportInitial1782000000000 } from './1782000000000-initial.js';

/** For the `migrations` of the host's DataSource, oldest first; or let `runMigrations` of the module run them. */
export const sallyportMigrations = [SallyportInitial1782000000000];
