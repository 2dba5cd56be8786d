/** How long to wait, as people say it: never shorter than it is. */
export function waitingTime(seconds: number): string {
  if (seconds <= 60) return counted(Math.max(1, Math.ceil(seconds)), 'second');
  return counted(Math.ceil(seconds / 60), 'minute');
}

const counted = (count: number, unit: string): string =>
  `${count.toString()} ${unit}${count === 1 ? '' : 's'}`;
