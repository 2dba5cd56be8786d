import { resolve } from 'node:path';
import { demoCredentialsFile } from './demo-credentials.js';

/** What `npm start` prints: an app, a user through an app, and both together. Names the secrets' file, quotes none. */
export function howToCall(api: string, dataDir: string): string {
  const file = resolve(demoCredentialsFile(dataDir));
  const key = (client: string) =>
    `$(node -p "require('${file}').apiKeys.find(k => k.client_id === '${client}').key")`;
  // The tool looks into `.data` unless it is told otherwise.
  const where = dataDir === '.data' ? '' : `DATA_DIR='${resolve(dataDir)}' `;
  const token = (client: string) =>
    `$(${where}npm run -s token -- --client ${client} --user alice)`;
  return `
Secrets of the demo: ${file}
API description:     ${api}/docs

An app, by its API key:
  curl ${api}/v1/invoices -H "X-API-Key: ${key('nightly-job')}"
Alice, who signs in through the mobile app:
  curl ${api}/v1/me -H "Authorization: Bearer ${token('mobile-app')}"
Alice, through the back office, which shows its own key too:
  curl ${api}/v1/me -H "X-API-Key: ${key('backoffice-web')}" -H "Authorization: Bearer ${token('backoffice-web')}"
A partner by its signature, and Bob by a token that is bound to a key, through @sallyport/client:
  ${where}npm run -s call -- --as partner GET /v1/invoices
  ${where}npm run -s call -- --as mobile-app --user bob GET /v1/me
Where Alice is signed in:
  curl ${api}/v1/me/sessions -H "Authorization: Bearer ${token('backoffice-web')}"
`;
}
