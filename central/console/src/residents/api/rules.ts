// Rules, their versions, and the days that are worked.
import { call, name } from './calls'
import type { Checked, RuleView, Tried, WorkdayChange, Workdays } from './types'

/** A try looks at everybody. */
const TRY_MS = 180_000

export const rules = {
  list: () => call<{ rules: RuleView[] }>('GET', '/rules'),
  shipped: () => call<{ files: { name: string; text: string }[] }>('GET', '/rules/shipped'),
  check: (text: string) => call<Checked>('POST', '/rules/check', { text }),
  try: (text: string) => call<{ day: string; rules: Tried[] }>('POST', '/rules/try', { text }, TRY_MS),
  add: (file: string, text: string) =>
    call<{ added: { rule: string; version: number }[] }>('POST', '/rules', { name: file, text }),
  use: (rule: string, version: number) =>
    call<{ in_use: boolean }>('POST', `/rules/${name(rule)}`, { change: 'use', version }),
  retire: (rule: string) => call<{ in_use: boolean }>('POST', `/rules/${name(rule)}`, { change: 'retire' }),
}

export const workdays = {
  show: (year: number) => call<Workdays>('GET', `/workdays?year=${year}`),
  save: (days: WorkdayChange[]) => call<void>('POST', '/workdays', { days }),
}
