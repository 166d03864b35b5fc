// Days that are worked although they are of a weekend, and days off although they are not. Pure.
import type { Workday } from '../api/types'
import { isDay, weekdayOf } from '../days'

/** What a day is by its place in the week. */
export function worksByWeek(day: string): boolean {
  const weekday = weekdayOf(day)
  return weekday !== 0 && weekday !== 6
}

/** Says something: the others are as their week is. */
export function isException({ day, works }: Workday): boolean {
  return works !== worksByWeek(day)
}

export function sorted(days: readonly Workday[]): Workday[] {
  return [...days].sort((one, other) => (one.day < other.day ? -1 : 1))
}

/** The days from one to another, for a holiday; null where that is no span within a year. */
export function span(from: string, until: string): string[] | null {
  if (!isDay(from) || !isDay(until) || until < from || from.slice(0, 4) !== until.slice(0, 4)) return null
  const days: string[] = []
  const at = new Date(`${from}T00:00:00Z`)
  for (let day = from; day <= until; day = at.toISOString().slice(0, 10)) {
    days.push(day)
    at.setUTCDate(at.getUTCDate() + 1)
  }
  return days
}
