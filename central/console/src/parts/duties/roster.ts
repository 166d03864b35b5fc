// Shifts as they are typed in, what is wrong with them, and in which order they are listed. Pure.
import type { Duty, NewDuty } from '@/api/duties'
import type { Post } from '@/api/types'
import { isUserName } from '@/parts/users/people'
import { isRegion } from '@/stores/regions'
import { minutesOfDay } from './week'

export const WORKDAYS = [1, 2, 3, 4, 5]
export const EVERY_DAY = [1, 2, 3, 4, 5, 6, 7]

/** Who may write the roster of a region; the centre decides anyway. */
export function mayWriteRoster(posts: Post[], code: string): boolean {
  return posts.some(
    ({ role, region }) => ['admin', 'acceptor'].includes(role) && (region === null || code.startsWith(region)),
  )
}

/** What the form begins with: nights of this month, the commonest thing to write down. */
export function blankDuty(region: string, today: string): NewDuty {
  const last = new Date(Date.UTC(Number(today.slice(0, 4)), Number(today.slice(5, 7)), 0))
  return {
    user: '',
    role: 'operator',
    region,
    from: today,
    until: last.toISOString().slice(0, 10),
    weekdays: EVERY_DAY,
    start: '20:00',
    end: '08:00',
    behaviors: [],
    place: 1,
  }
}

const DATE = /^\d{4}-\d{2}-\d{2}$/

/** What is wrong with it: the field, which is also the name of the sentence to say. */
export function lackOfDuty(duty: NewDuty): 'user' | 'region' | 'place' | 'dates' | 'weekdays' | 'times' | null {
  if (!isUserName(duty.user.trim())) return 'user'
  if (!isRegion(duty.region.trim())) return 'region'
  if (!Number.isInteger(duty.place) || duty.place < 1 || duty.place > 9) return 'place'
  if (!DATE.test(duty.from) || !DATE.test(duty.until) || duty.until < duty.from) return 'dates'
  if (duty.weekdays.length === 0) return 'weekdays'
  return minutesOfDay(duty.start) === null || minutesOfDay(duty.end) === null ? 'times' : null
}

/** As the centre takes it; `lackOfDuty` found nothing. */
export function tidyDuty(duty: NewDuty): NewDuty {
  const short = (time: string) => time.slice(0, 5)
  return {
    ...duty,
    user: duty.user.trim(),
    region: duty.region.trim(),
    start: short(duty.start),
    end: short(duty.end),
    weekdays: [...duty.weekdays].sort((a, b) => a - b),
  }
}

/** Days in a row as one: `[1, 2, 3, 5]` → `[[1, 3], [5, 5]]`. */
export function runsOf(weekdays: number[]): [number, number][] {
  const runs: [number, number][] = []
  for (const day of [...new Set(weekdays)].sort((a, b) => a - b)) {
    const last = runs.at(-1)
    if (last !== undefined && last[1] === day - 1) last[1] = day
    else runs.push([day, day])
  }
  return runs
}

/** What still counts first; of the same region and role whoever is called first. */
export function inOrder(duties: Duty[], today: string): { duty: Duty; over: boolean }[] {
  return duties
    .map((duty) => ({ duty, over: duty.until < today }))
    .sort(
      (a, b) =>
        Number(a.over) - Number(b.over) ||
        a.duty.region.localeCompare(b.duty.region) ||
        a.duty.role.localeCompare(b.duty.role) ||
        a.duty.place - b.duty.place ||
        a.duty.start.localeCompare(b.duty.start),
    )
}
