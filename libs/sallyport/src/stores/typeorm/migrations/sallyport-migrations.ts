import { SallyportInitial1782000000000 } from './1782000000000-initial.js';
import { RevocationTransactions1782000000001 } from './1782000000001-revocation-transactions.js';
import { Plans1782000000002 } from './1782000000002-plans.js';
import { Usage1782000000003 } from './1782000000003-usage.js';
import { SenderConstraints1782000000005 } from './1782000000005-sender-constraints.js';
import { SignedRequests1782000000006 } from './1782000000006-signed-requests.js';
import { EncryptionKeys1782000000007 } from './1782000000007-encryption-keys.js';

/** For the `migrations` of the host's DataSource, oldest first; or let `runMigrations` of the module run them. */
export const sallyportMigrations = [
  SallyportInitial1782000000000,
  RevocationTransactions1782000000001,
  Plans1782000000002,
  Usage1782000000003,
  SenderConstraints1782000000005,
  SignedRequests1782000000006,
  EncryptionKeys1782000000007,
];
