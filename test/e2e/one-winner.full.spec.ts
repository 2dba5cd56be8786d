import {
  Browser,
  grantRole,
  registerClient,
  type TestClient,
} from '../support/authorization-server.js';
import { raceForCode, raceForSuccessors } from '../support/races.js';
import { describeOneWinner } from '../support/one-winner.contract.js';
import { farServerSets, serverSets, type Servers } from '../support/server-sets.js';

const ROUNDS = 10;

describe.each(farServerSets)('$name', (servers) => {
  describeOneWinner(servers);
});

describe.each(serverSets)('$name, again and again', ({ open }) => {
  let servers: Servers;
  let shop: TestClient;
  let browser: Browser;

  beforeAll(async () => {
    servers = await open();
    const [first] = servers.both;
    await grantRole(first, 'alice');
    shop = await registerClient(first);
    browser = new Browser(servers.either);
  });
  afterAll(() => servers.close());

  it('let one of 20 redemptions of a code win, ten times [C66] [T2]', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      await raceForCode(servers, shop, await browser.authorize(shop));
    }
  });

  it('give one successor to 20 refreshes of a token, ten times in one family [W1] [T2]', async () => {
    const { refresh_token: token } = (await browser.login(shop)) as { refresh_token: string };
    await raceForSuccessors(servers, shop, token, ROUNDS);
  });
});
