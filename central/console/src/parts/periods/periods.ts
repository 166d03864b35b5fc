// Key periods: which stand now, and what is wrong with a new one. Pure.
import type { NewPeriod, Period } from '@/api/periods'
import { isRegion } from '@/stores/regions'

export type PeriodState = 'on' | 'coming' | 'over'

export function stateOf({ from_utc, until_utc }: Period, nowMs: number): PeriodState {
  if (Date.parse(until_utc) <= nowMs) return 'over'
  return Date.parse(from_utc) > nowMs ? 'coming' : 'on'
}

const RANK: Record<PeriodState, number> = { on: 0, coming: 1, over: 2 }

/** What lasts first, then what comes, the next one first; of past ones the newest first. */
export function inOrder(periods: Period[], nowMs: number): { period: Period; state: PeriodState }[] {
  return periods
    .map((period) => ({ period, state: stateOf(period, nowMs) }))
    .sort((a, b) => {
      const later = (name: 'from_utc' | 'until_utc') => Date.parse(a.period[name]) - Date.parse(b.period[name])
      return RANK[a.state] - RANK[b.state] || (a.state === 'over' ? -later('until_utc') : later('from_utc'))
    })
}

/** As it is typed in: times as an input for local times gives them. */
export interface PeriodDraft {
  name: string
  region: string
  from: string
  until: string
}

/** What is wrong with it: the name of the sentence to say. */
export function lackOfPeriod(draft: PeriodDraft, nowMs: number): 'name' | 'region' | 'times' | 'past' | null {
  if (draft.name.trim() === '') return 'name'
  if (!isRegion(draft.region.trim())) return 'region'
  const [from, until] = [Date.parse(draft.from), Date.parse(draft.until)]
  // Not "earlier or equal": what cannot be read is not later than anything.
  if (!(until > from)) return 'times'
  return until > nowMs ? null : 'past'
}

/** As the centre takes it; `lackOfPeriod` found nothing. */
export function periodOf({ name, region, from, until }: PeriodDraft): NewPeriod {
  const utc = (local: string) => new Date(local).toISOString()
  return { name: name.trim(), region: region.trim(), from_utc: utc(from), until_utc: utc(until) }
}
