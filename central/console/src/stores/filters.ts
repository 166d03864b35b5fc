// What each filter of the list asks the centre for, and which cases it lets through when they arrive later. Pure.
import type { CaseQuery } from '@/api/client'
import type { CaseSummary } from '@/api/types'
import { UNDECIDED, WORKING, above, isOpen } from './states'

export type FilterName =
  | 'all'
  | 'undecided'
  | 'working'
  | 'overdue'
  | 'urged'
  | 'told_street'
  | 'told_district'
  | 'mine'
  | 'closed'
  | 'rejected'

interface Filter {
  query: CaseQuery
  /** Null: a summary does not tell, the centre has to be asked. */
  fits(summary: CaseSummary, user: string): boolean | null
}

function inStates(states: string[]): Filter {
  return { query: { state: states.join(',') }, fits: ({ state }) => states.includes(state) }
}

/** What has climbed to this level or higher; `below` is the one under it. */
function toldTo(level: string, below: string): Filter {
  return { query: { told: level, open: true }, fits: ({ told, state }) => above(told, below) && isOpen(state) }
}

const FILTERS: Record<FilterName, Filter> = {
  all: { query: {}, fits: () => true },
  undecided: inStates(UNDECIDED),
  working: inStates(WORKING),
  overdue: {
    query: { late: true, open: true },
    fits: ({ late_stages, state }) => late_stages.length > 0 && isOpen(state),
  },
  urged: toldTo('community', 'grid'),
  told_street: toldTo('street', 'community'),
  told_district: toldTo('district', 'street'),
  mine: { query: { mine: true }, fits: isMine },
  closed: inStates(['closed']),
  rejected: inStates(['rejected']),
}

/** In the order they are offered. */
export const FILTER_NAMES = Object.keys(FILTERS) as FilterName[]

/** Those that somebody with these posts has use for: what has climbed far concerns those who stand above a community. */
export function filtersFor(posts: { region: string | null }[]): FilterName[] {
  const high = posts.some(({ region }) => region === null || region.length < 12)
  return FILTER_NAMES.filter((name) => high || !name.startsWith('told_'))
}

/** States in which nobody has been told to handle it. */
const UNASSIGNED = [...UNDECIDED, 'filed', 'rejected', 'merged']

/** A summary names who has taken it on, but not who was told to. */
function isMine({ handler, state }: CaseSummary, user: string): boolean | null {
  if (handler === user) return true
  return UNASSIGNED.includes(state) ? false : null
}

export function queryOf(filter: FilterName, behavior: string | null): CaseQuery {
  return { ...FILTERS[filter].query, ...(behavior === null ? {} : { behavior }) }
}

export function fits(filter: FilterName, behavior: string | null, summary: CaseSummary, user: string): boolean | null {
  if (behavior !== null && summary.behavior !== behavior) return false
  return FILTERS[filter].fits(summary, user)
}
