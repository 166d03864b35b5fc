// A week of the roster as a picture: who stands where in it, and where nobody does. Pure. Minutes count from Monday's
// midnight by the wall clock; dates are texts such as `2026-11-23`, which no time zone can shift.
import type { Duty } from '@/api/duties'

export const DAY_MINUTES = 1_440
export const WEEK_MINUTES = 7 * DAY_MINUTES

const two = (part: number) => String(part).padStart(2, '0')

export function addDays(date: string, days: number): string {
  const at = Date.parse(`${date}T00:00:00Z`)
  return new Date(at + days * 86_400_000).toISOString().slice(0, 10)
}

/** The Monday of the week that a day is in. */
export function mondayOf(date: string): string {
  const day = new Date(`${date}T00:00:00Z`).getUTCDay()
  return addDays(date, -((day + 6) % 7))
}

/** The day by this machine's wall clock. */
export function dateOf(at: Date): string {
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`
}

/** Where a moment stands in the week; null: it is of another one. */
export function minuteOf(at: Date, monday: string): number | null {
  const days = Math.round((Date.parse(dateOf(at)) - Date.parse(monday)) / 86_400_000)
  return days < 0 || days > 6 ? null : days * DAY_MINUTES + at.getHours() * 60 + at.getMinutes()
}

/** `20:30` → 1230; null where it is no time of day. */
export function minutesOfDay(time: string): number | null {
  const [, hours, minutes] = /^([01]?\d|2[0-3]):([0-5]\d)(?::\d{2})?$/.exec(time) ?? []
  return hours === undefined || minutes === undefined ? null : Number(hours) * 60 + Number(minutes)
}

/** `20:00` → `20`, `20:30` stays: bars are narrow. */
export function brief(time: string): string {
  return time.endsWith(':00') ? time.slice(0, -3) : time
}

/** How much of a word a stretch of this width can hold. */
export function roomOf({ from, to }: { from: number; to: number }): 'full' | 'short' | 'sign' {
  const hours = (to - from) / 60
  if (hours >= 14) return 'full'
  return hours >= 5 ? 'short' : 'sign'
}

/** Whether a shift ends on the next day: an end that is not later than the start. */
export function overnight({ start, end }: Pick<Duty, 'start' | 'end'>): boolean {
  const [from, to] = [minutesOfDay(start), minutesOfDay(end)]
  return from !== null && to !== null && to <= from
}

export interface Bar {
  from: number
  to: number
  duty: Duty
}

/** The shifts of a duty that fall into the week, cut off where the week begins and ends. */
export function barsOf(duty: Duty, monday: string): Bar[] {
  const [start, end] = [minutesOfDay(duty.start), minutesOfDay(duty.end)]
  if (start === null || end === null) return []
  const length = end <= start ? end + DAY_MINUTES - start : end - start
  const bars: Bar[] = []
  // Sunday's night before this week reaches into its Monday.
  for (let day = -1; day < 7; day += 1) {
    const date = addDays(monday, day)
    const weekday = day < 0 ? 7 : day + 1
    if (!duty.weekdays.includes(weekday) || date < duty.from || date > duty.until) continue
    const begin = day * DAY_MINUTES + start
    const [from, to] = [Math.max(0, begin), Math.min(WEEK_MINUTES, begin + length)]
    if (to > from) bars.push({ from, to, duty })
  }
  return bars
}

/** One line of the picture. */
export interface WeekRow {
  key: string
  user: string
  full_name: string
  role: string
  region: string
  bars: Bar[]
}

/** Operators stand first: the gaps are theirs. */
const RANK = ['operator', 'acceptor', 'dispatcher']
const rankOf = (role: string) => (RANK.includes(role) ? RANK.indexOf(role) : RANK.length)

/** Everybody who has a shift in the week: by role, then by who is called first, then by who begins first. */
export function weekRows(duties: Duty[], monday: string): WeekRow[] {
  const rows = new Map<string, WeekRow>()
  for (const duty of duties) {
    const bars = barsOf(duty, monday)
    if (bars.length === 0) continue
    const { user, full_name, role, region } = duty
    const key = [user, role, region].join(' ')
    const row = rows.get(key)
    if (row === undefined) rows.set(key, { key, user, full_name, role, region, bars })
    else row.bars.push(...bars)
  }
  const place = ({ bars }: WeekRow) => Math.min(...bars.map(({ duty }) => duty.place))
  const begin = ({ bars }: WeekRow) => Math.min(...bars.map(({ from }) => from))
  for (const { bars } of rows.values()) bars.sort((a, b) => a.from - b.from)
  return [...rows.values()].sort(
    (a, b) =>
      rankOf(a.role) - rankOf(b.role) ||
      a.role.localeCompare(b.role) ||
      place(a) - place(b) ||
      begin(a) - begin(b) ||
      (a.key < b.key ? -1 : 1),
  )
}

export interface Stretch {
  from: number
  to: number
  /** `none`: nobody; `some`: only for these behaviors; `all`: somebody for everything. */
  cover: 'none' | 'some' | 'all'
  /** Of `some`, sorted. */
  behaviors: string[]
}

/** The week in stretches by who is there of this role: each minute is in exactly one. */
export function coverOf(rows: WeekRow[], role: string): Stretch[] {
  const bars = rows.filter((row) => row.role === role).flatMap((row) => row.bars)
  const edges = [...new Set([0, WEEK_MINUTES, ...bars.flatMap(({ from, to }) => [from, to])])].sort((a, b) => a - b)
  const stretches: Stretch[] = []
  for (const [index, from] of edges.entries()) {
    const to = edges[index + 1]
    if (to === undefined) break
    const here = bars.filter((bar) => bar.from <= from && bar.to >= to)
    const all = here.some(({ duty }) => duty.behaviors.length === 0)
    const behaviors = all ? [] : [...new Set(here.flatMap(({ duty }) => duty.behaviors))].sort()
    const cover = here.length === 0 ? 'none' : all ? 'all' : 'some'
    const last = stretches.at(-1)
    if (last?.cover === cover && last.behaviors.join() === behaviors.join()) last.to = to
    else stretches.push({ from, to, cover, behaviors })
  }
  return stretches
}

/** A moment of the week as people say it: the day and the time; midnight belongs to the day that it ends. */
export function spoken(minute: number, ends: boolean): { weekday: number; time: string } {
  const day = Math.floor((ends ? minute - 1 : minute) / DAY_MINUTES)
  const rest = minute - day * DAY_MINUTES
  return { weekday: day + 1, time: `${two(Math.floor(rest / 60))}:${two(rest % 60)}` }
}

/** Whose shifts count in a region: those of it and of what it lies in. */
export function coversRegion(duty: Pick<Duty, 'region'>, region: string): boolean {
  return region.startsWith(duty.region)
}
