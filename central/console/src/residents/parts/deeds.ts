// What the log holds. Pure.

/** In the order of the choice. */
export const DEEDS = [
  'login',
  'account',
  'find',
  'see',
  'reveal',
  'import',
  'settle',
  'sheet',
  'outcome',
  'rule_added',
  'rule_used',
  'workdays',
  'regions',
  'rotate',
] as const
