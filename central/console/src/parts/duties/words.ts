// Shifts and moments of the roster in words.
import type { Duty, OnDuty } from '@/api/duties'
import { i18n, named } from '@/i18n'
import { nameOf } from '@/stores/regions'
import { runsOf } from './roster'
import { type Stretch, overnight, spoken } from './week'

const { t } = i18n.global

export function personText({ user, full_name }: Pick<OnDuty, 'user' | 'full_name'>): string {
  return full_name === '' ? user : full_name
}

export function regionText(code: string): string {
  return nameOf(code) ?? code
}

export function weekdayText(day: number): string {
  return t(`duties.weekday.${day}`)
}

/** `周一至周五`, `每天` */
export function weekdaysText(weekdays: number[]): string {
  const runs = runsOf(weekdays)
  if (runs.length === 1 && runs[0]?.join() === '1,7') return t('duties.everyDay')
  const one = ([from, to]: [number, number]) => {
    if (from === to) return weekdayText(from)
    return t('duties.days', { from: weekdayText(from), to: weekdayText(to) })
  }
  return runs.map(one).join(t('progress.and'))
}

/** `20:00 至次日 08:00` */
export function hoursText(duty: Pick<Duty, 'start' | 'end'>): string {
  return t(overnight(duty) ? 'duties.hoursNext' : 'duties.hours', { start: duty.start, end: duty.end })
}

export function behaviorsText(behaviors: string[]): string {
  if (behaviors.length === 0) return t('duties.allBehaviors')
  return behaviors.map((one) => named('behavior', one)).join(t('progress.and'))
}

/** `周二 08:00–20:00`, `周六 20:00 至周一 08:00` */
export function stretchText({ from, to }: Pick<Stretch, 'from' | 'to'>): string {
  const [begin, end] = [spoken(from, false), spoken(to, true)]
  const first = `${weekdayText(begin.weekday)} ${begin.time}`
  if (begin.weekday === end.weekday) return `${first}–${end.time}`
  return t('duties.range', { from: first, to: `${weekdayText(end.weekday)} ${end.time}` })
}
