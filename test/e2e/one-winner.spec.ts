import { describeOneWinner } from '../support/one-winner.contract.js';
import { embeddedServers } from '../support/server-sets.js';

describe(embeddedServers.name, () => {
  describeOneWinner(embeddedServers);
});
