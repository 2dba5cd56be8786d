import { waitingTime } from './waiting-time.js';

it.each([
  [0, '1 second'],
  [1, '1 second'],
  [1.2, '2 seconds'],
  [60, '60 seconds'],
  [61, '2 minutes'],
  [120, '2 minutes'],
  [121, '3 minutes'],
])('says of %d seconds: %s', (seconds, said) => {
  expect(waitingTime(seconds)).toBe(said);
});
