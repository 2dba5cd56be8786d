/** Where each file and folder of libs/sallyport/src stands (STYLE 5). Imports go to a lower row, or leftwards in `path`. */
module.exports = {
  foundations: {
    files: [
      'errors',
      'clock',
      'randomness',
      'page',
      'input',
      'environment',
      'stores-description',
      'system\\.module',
    ],
    folders: [
      'transactions',
      'audit',
      'sealing',
      'hashing',
      'cache',
      'network',
      'outbound',
      'health',
    ],
  },
  lives: ['revocation', 'users', 'role-grants', 'clients', 'api-keys', 'signing-keys'],
  path: ['request', 'principals', 'credentials', 'policy', 'throttling'],
  problems: 'problems',
  surfaces: ['admin', 'integrations', 'discovery'],
  stores: 'stores',
  testing: 'testing',
};
