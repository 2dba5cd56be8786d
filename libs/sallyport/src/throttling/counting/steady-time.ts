/**
 * Milliseconds that never go back. A clock that is set back goes on here from where it was: what was counted ahead of it
 * would otherwise lock whoever spent it out until the clock has caught up, in hours perhaps.
 */
export class SteadyTime {
  private last = -Infinity;
  private setBackBy = 0;

  /** @param now what the clock says, in milliseconds since 1970 */
  at(now: number): number {
    if (now < this.last) this.setBackBy += this.last - now;
    this.last = now;
    return now + this.setBackBy;
  }
}
