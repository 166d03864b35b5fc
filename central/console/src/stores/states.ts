// Names that the console has to know, in the order of the work. Pure.

/** States in which a person has yet to say what it was. */
export const UNDECIDED = ['registered', 'verifying']
/** Decided, and somebody is still to do something. */
export const WORKING = ['filed', 'dispatched', 'handling', 'checking', 'suspended']
/** Nobody has to do anything any more. */
export const ENDED = ['closed', 'rejected', 'merged', 'void']
/** Lowest first. */
export const LEVELS = ['grid', 'community', 'street', 'district', 'city']
/** What boxes tell apart; a newer one may know more. */
export const BEHAVIORS = [
  'intrusion',
  'line_crossing',
  'loitering',
  'crowd',
  'fall',
  'abandoned_object',
  'removed_object',
  'running',
  'tamper',
  'box_offline',
  'camera_blind',
]
/** Parts of the work that have a deadline. */
export const STAGES = ['ack', 'verify', 'dispatch', 'arrive', 'handle', 'check', 'review', 'auto_close']

/** A state of a newer centre counts as open: better shown too often than lost. */
export function isOpen(state: string): boolean {
  return !ENDED.includes(state)
}

/** Whether `level` stands above `other`; a level that is not known stands nowhere. */
export function above(level: string, other: string): boolean {
  return LEVELS.indexOf(level) > LEVELS.indexOf(other)
}
