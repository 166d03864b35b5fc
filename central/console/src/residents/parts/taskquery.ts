// What the address of a list of reminders says. Pure.
import { isDay } from '../days'
import { isRegion } from '../region'
import { STATES } from './tasks'

export interface TaskFilter {
  state: string
  rule: string
  region: string
  until: string
  late: boolean
}

const text = (value: unknown) => (typeof value === 'string' ? value : '')

/** Without a word about it: what is open. */
export function filterOf(query: Record<string, unknown>): TaskFilter {
  const [state, region, until] = [text(query.state), text(query.region), text(query.until)]
  return {
    state: state === 'all' || (STATES as readonly string[]).includes(state) ? state : 'open',
    rule: text(query.rule),
    region: isRegion(region) ? region : '',
    until: isDay(until) ? until : '',
    late: query.late === '1',
  }
}

/** What a sheet is made of is open always. */
export function sheetQueryOf(filter: TaskFilter): Record<string, string> {
  return queryOf({ ...filter, state: 'open' })
}

export function queryOf({ state, rule, region, until, late }: TaskFilter): Record<string, string> {
  return {
    ...(state === 'open' ? {} : { state }),
    ...(rule === '' ? {} : { rule }),
    ...(region === '' ? {} : { region }),
    ...(until === '' ? {} : { until }),
    ...(late ? { late: '1' } : {}),
  }
}
