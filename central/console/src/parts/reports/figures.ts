// Periods, comparisons and orders of the page of reports. Pure.
import type { CountName, FigureName, Indicators, Period, Rate, RateName, RegionRow } from '@/api/reports'

/** Rates in the order in which the field names them, and whether more of it is better; null: neither. */
export const RATES: { name: RateName; better: 'more' | 'less' | null }[] = [
  { name: 'closed_in_time', better: 'more' },
  { name: 'closed', better: 'more' },
  { name: 'overdue', better: 'less' },
  { name: 'filed', better: null },
  { name: 'reworked', better: 'less' },
  { name: 'returned', better: 'less' },
  { name: 'duplicates', better: 'less' },
  { name: 'false_alarms', better: 'less' },
  { name: 'missed', better: 'less' },
]

export const COUNTS: CountName[] = ['reported', 'filed', 'due', 'closed', 'closed_in_time', 'overdue']

/** Figures of EEMUA 191 and ISA-18.2, with what they should be and how they are written. */
export const FIGURES: { name: FigureName; target: string; kind: 'number' | 'share'; source: string }[] = [
  { name: 'average', target: '≤ 1', kind: 'number', source: 'EEMUA 191' },
  { name: 'peak', target: '≤ 10', kind: 'number', source: 'EEMUA 191' },
  { name: 'flood', target: '< 1%', kind: 'share', source: 'ISA-18.2' },
  { name: 'high', target: '≤ 5%', kind: 'share', source: 'ISA-18.2' },
  { name: 'medium', target: '≤ 15%', kind: 'share', source: 'ISA-18.2' },
  { name: 'stale', target: '< 5', kind: 'number', source: 'ISA-18.2' },
  { name: 'chattering', target: '0', kind: 'number', source: 'ISA-18.2' },
  { name: 'top', target: '≤ 5%', kind: 'share', source: 'ISA-18.2' },
]

/** EEMUA 191: alarms of a room in 10 minutes, on average. */
export const EEMUA_AVERAGE = 1

/** `0.8251` → `82.5%`; a share of nothing is a dash. */
export function shareText(share: number | null): string {
  return share === null ? '–' : `${(share * 100).toFixed(1)}%`
}

/** At most two decimals, and none where they say nothing. */
export function numberText(value: number | null): string {
  return value === null ? '–' : String(Math.round(value * 100) / 100)
}

export function figureText(value: number | null, kind: 'number' | 'share'): string {
  return kind === 'share' ? shareText(value) : numberText(value)
}

/** How a value moved: the arrow, by how much, and whether that is good. */
export interface Moved {
  sign: '↑' | '↓' | '='
  by: string
  good: boolean | null
}

function moved(by: number, better: 'more' | 'less' | null): Moved {
  // less than what is shown is nothing
  if (Math.abs(by) < 0.05) return { sign: '=', by: '0', good: null }
  const up = by > 0
  return { sign: up ? '↑' : '↓', by: Math.abs(by).toFixed(1), good: better === null ? null : up === (better === 'more') }
}

/** Percentage points between two shares; null where one of them is a share of nothing. */
export function points(now: Rate, before: Rate, better: 'more' | 'less' | null): Moved | null {
  return now.share === null || before.share === null ? null : moved((now.share - before.share) * 100, better)
}

/** Percent by which a count grew; null where there was none before. */
export function grown(now: number, before: number): Moved | null {
  return before === 0 ? null : moved((now / before - 1) * 100, null)
}

function day(year: number, month: number, date: number): string {
  return new Date(Date.UTC(year, month - 1, date)).toISOString().slice(0, 10)
}

/** `2026-11` → its first and last day; null where it is no month. */
export function monthOf(text: string): Period | null {
  const found = /^(\d{4})-(\d{2})$/.exec(text)
  if (found === null) return null
  const [year, month] = [Number(found[1]), Number(found[2])]
  if (month < 1 || month > 12) return null
  return { from: day(year, month, 1), to: day(year, month + 1, 0) }
}

/** `2026-11` where the days are exactly a month. */
export function asMonth({ from, to }: Period): string | null {
  const month = from.slice(0, 7)
  const whole = monthOf(month)
  return whole !== null && whole.from === from && whole.to === to ? month : null
}

/** The month before or after one. */
export function monthBeside(month: string, by: number): string {
  const [year = 2000, number = 1] = month.split('-').map(Number)
  return day(year, number + by, 1).slice(0, 7)
}

/** What a table of regions is ordered by. */
export type Column = 'place' | `count:${CountName}` | `rate:${RateName}`

function valueOf({ counts, rates }: Indicators, column: Column): number | null {
  const [kind, name] = column.split(':')
  return kind === 'count' ? counts[name as CountName] : rates[name as RateName].share
}

/** The lines of a level in this order. A share of nothing stands last, whichever way it is ordered. */
export function ordered(rows: RegionRow[], level: string, column: Column, descending: boolean): RegionRow[] {
  const own = rows.filter((row) => row.level === level)
  const way = descending ? -1 : 1
  if (column === 'place') return own.sort((a, b) => way * a.code.localeCompare(b.code))
  return own.sort((a, b) => {
    const [left, right] = [valueOf(a, column), valueOf(b, column)]
    if (left === null || right === null) return left === right ? a.code.localeCompare(b.code) : left === null ? 1 : -1
    return left === right ? a.code.localeCompare(b.code) : way * (left - right)
  })
}
