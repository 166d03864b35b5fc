// Special days of a year: months as grids, groups by holiday, days from pasted text. Pure; dates are texts such as
// `2026-10-01`, which no time zone can shift.
import type { SpecialDay } from '@/api/org'

const two = (part: number) => String(part).padStart(2, '0')

/** The day as text; null where the calendar has no such day. */
export function dateText(year: number, month: number, day: number): string | null {
  const at = new Date(Date.UTC(year, month - 1, day))
  const exists = at.getUTCFullYear() === year && at.getUTCMonth() === month - 1 && at.getUTCDate() === day
  return exists ? `${year}-${two(month)}-${two(day)}` : null
}

function utcOf(date: string): number {
  return Date.parse(`${date}T00:00:00Z`)
}

const DAY_MS = 86_400_000

export interface Cell {
  date: string
  day: number
  /** Nobody works. */
  free: boolean
  /** The notice says so: 休 or 班. */
  special: 'off' | 'work' | null
  name: string
}

/** Weeks from Monday on; null is a day of another month. */
export function monthGrid(year: number, month: number, days: SpecialDay[]): (Cell | null)[][] {
  const special = new Map(days.map((day) => [day.date, day]))
  const first = new Date(Date.UTC(year, month - 1, 1)).getUTCDay()
  const cells: (Cell | null)[] = Array.from({ length: (first + 6) % 7 }, () => null)
  for (let day = 1; day <= 31; day += 1) {
    const date = dateText(year, month, day)
    if (date === null) break
    const said = special.get(date)
    const kind = said?.kind === 'off' || said?.kind === 'work' ? said.kind : null
    const weekend = cells.length % 7 > 4
    cells.push({ date, day, free: kind === null ? weekend : kind === 'off', special: kind, name: said?.name ?? '' })
  }
  while (cells.length % 7 > 0) cells.push(null)
  return Array.from({ length: cells.length / 7 }, (_, week) => cells.slice(week * 7, week * 7 + 7))
}

export interface Group {
  name: string
  /** First and last day of each run of free days. */
  off: [string, string][]
  work: string[]
  /** How many free days. */
  count: number
}

/** Days by their holiday, in the order of what is free; `春节调休` belongs to `春节`. */
export function groupDays(days: SpecialDay[]): Group[] {
  const groups = new Map<string, Group>()
  const sorted = [...days].sort((a, b) => (a.date < b.date ? -1 : 1))
  for (const { date, kind, name } of sorted) {
    const key = name.replace(/(调休|补班|上班)+$/, '') || name
    const group = groups.get(key) ?? { name: key, off: [], work: [], count: 0 }
    groups.set(key, group)
    if (kind === 'work') {
      group.work.push(date)
      continue
    }
    group.count += 1
    const run = group.off.at(-1)
    if (run !== undefined && utcOf(date) - utcOf(run[1]) <= DAY_MS) run[1] = date
    else group.off.push([date, date])
  }
  const begin = ({ off, work }: Group) => off[0]?.[0] ?? work[0] ?? ''
  return [...groups.values()].sort((a, b) => (begin(a) < begin(b) ? -1 : 1))
}

const KINDS: [RegExp, 'off' | 'work'][] = [
  [/^(放假|休息|休|off)$/i, 'off'],
  [/^(调休上班|上班|调休|补班|班|work)$/i, 'work'],
]
const DATE = String.raw`(?:(\d{4})\s*[-/.年])?\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?`
const LINE = new RegExp(String.raw`^${DATE}(?:\s*(?:~|～|至|到|—|–|\.\.)\s*${DATE})?[\s,，;；]*(.*)$`)
/** Nobody has a longer holiday: such a range is a slip of the pen. */
const MOST_DAYS = 31

export interface Pasted {
  days: SpecialDay[]
  /** Lines that were not understood, from 1. */
  bad: { line: number; text: string; why: 'date' | 'year' | 'kind' }[]
}

/** Lines such as `2027-02-05~2027-02-11 放假 春节` or `2027/2/14,上班,春节`. */
export function readDays(text: string, year: number): Pasted {
  const pasted: Pasted = { days: [], bad: [] }
  for (const [index, whole] of text.split(/\r?\n/).entries()) {
    const line = whole.trim()
    if (line === '') continue
    const read = readLine(line, year)
    if (typeof read === 'string') pasted.bad.push({ line: index + 1, text: line, why: read })
    else pasted.days.push(...read)
  }
  return pasted
}

function readLine(line: string, year: number): SpecialDay[] | 'date' | 'year' | 'kind' {
  const found = LINE.exec(line)
  if (found === null) return 'date'
  const [, y1, m1, d1, y2, m2, d2, rest = ''] = found
  const date = (y: string | undefined, m: string | undefined, d: string | undefined) =>
    dateText(y === undefined ? year : Number(y), Number(m), Number(d))
  const first = date(y1, m1, d1)
  const last = m2 === undefined ? first : date(y2 ?? y1, m2, d2)
  if (first === null || last === null || last < first) return 'date'
  if (Number(first.slice(0, 4)) !== year || Number(last.slice(0, 4)) !== year) return 'year'
  const words = rest.split(/[\s,，;；]+/).filter((word) => word !== '')
  const at = words.findIndex((word) => KINDS.some(([pattern]) => pattern.test(word)))
  const kind = KINDS.find(([pattern]) => pattern.test(words[at] ?? ''))?.[1]
  if (kind === undefined) return 'kind'
  const name = words.filter((_, index) => index !== at).join(' ')
  const length = (utcOf(last) - utcOf(first)) / DAY_MS + 1
  if (length > MOST_DAYS) return 'date'
  return Array.from({ length }, (_, index) => ({
    date: new Date(utcOf(first) + index * DAY_MS).toISOString().slice(0, 10),
    kind,
    name,
  }))
}

/** The later of two that speak of the same day counts; in the order of the year. */
export function mergeDays(known: SpecialDay[], more: SpecialDay[]): SpecialDay[] {
  const all = new Map([...known, ...more].map((day) => [day.date, day]))
  return [...all.values()].sort((a, b) => (a.date < b.date ? -1 : 1))
}

/** What is wrong with rows that were typed in: which row, and why. */
export function lackOfDays(days: SpecialDay[], year: number): { row: number; why: 'date' | 'year' | 'twice' } | null {
  const seen = new Set<string>()
  for (const [row, { date }] of days.entries()) {
    if (!/^\d{4}-\d{2}-\d{2}$/.test(date)) return { row, why: 'date' }
    if (Number(date.slice(0, 4)) !== year) return { row, why: 'year' }
    if (seen.has(date)) return { row, why: 'twice' }
    seen.add(date)
  }
  return null
}
