/** Names under which Passport knows our strategies. */
export const STRATEGIES = {
  'access-token': 'sallyport-access-token',
  'api-key': 'sallyport-api-key',
} as const;

export type StrategyName = keyof typeof STRATEGIES;
