import { StoreOutage } from './store-outage.js';

describe('StoreOutage', () => {
  it('lets one question try the store after a pause, and the others when that was answered', () => {
    const outage = new StoreOutage();
    outage.began(0);
    expect(outage.mayAsk(700)).toBe(false);
    expect([outage.mayAsk(751), outage.mayAsk(751), outage.mayAsk(1700)]).toEqual([
      true,
      false,
      false,
    ]);
    outage.ended();
    expect([outage.mayAsk(1701), outage.mayAsk(1701)]).toEqual([true, true]);
  });

  it('tries again though the answer to the one that tried never came', () => {
    const outage = new StoreOutage();
    outage.began(0);
    expect(outage.mayAsk(800)).toBe(true);
    expect(outage.mayAsk(1801)).toBe(true);
  });

  it('pauses of instances differ, so that they do not come back as one', () => {
    const pauses = [0, 0.25, 0.5, 0.75, 1].map((jitter) => {
      const outage = new StoreOutage(jitter);
      outage.began(0);
      let pause = 0;
      while (!outage.mayAsk(pause)) pause += 1;
      return pause;
    });
    expect(pauses).toEqual([500, 625, 750, 875, 1000]);
  });

  it('is told once a minute', () => {
    const outage = new StoreOutage();
    expect([outage.began(0), outage.began(1000), outage.began(61_000)]).toEqual([
      true,
      false,
      true,
    ]);
  });
});
