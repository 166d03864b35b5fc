// The roster: a week as a picture, its gaps, and lines as they are typed in.
import { describe, expect, it } from 'vitest'
import type { Duty } from '@/api/duties'
import type { Post } from '@/api/types'
import { blankDuty, inOrder, lackOfDuty, mayWriteRoster, runsOf, tidyDuty } from '@/parts/duties/roster'
import {
  DAY_MINUTES,
  WEEK_MINUTES,
  addDays,
  barsOf,
  brief,
  coverOf,
  coversRegion,
  minuteOf,
  minutesOfDay,
  mondayOf,
  overnight,
  roomOf,
  spoken,
  weekRows,
} from '@/parts/duties/week'
import { hoursText, stretchText, weekdaysText } from '@/parts/duties/words'

/** A Monday. */
const monday = '2026-11-23'
const EVERY = [1, 2, 3, 4, 5, 6, 7]

function duty(user: string, start: string, end: string, rest: Partial<Duty> = {}): Duty {
  return {
    id: user,
    user,
    full_name: '',
    role: 'operator',
    region: '420502001001',
    from: '2026-11-01',
    until: '2026-12-31',
    weekdays: EVERY,
    start,
    end,
    behaviors: [],
    place: 1,
    ...rest,
  }
}
const at = (day: number, hour: number) => day * DAY_MINUTES + hour * 60
const hours = (one: Duty) => barsOf(one, monday).map(({ from, to }) => [from, to])
const cover = (...duties: Duty[]) =>
  coverOf(weekRows(duties, monday), 'operator').map(({ from, to, cover }) => [from, to, cover])

describe('days', () => {
  it('know their week, over months and years', () => {
    expect(EVERY.map((day) => mondayOf(addDays(monday, day - 1)))).toEqual(EVERY.map(() => monday))
    expect(mondayOf('2027-01-01')).toBe('2026-12-28')
    expect(addDays('2026-12-31', 1)).toBe('2027-01-01')
    expect(addDays('2026-03-01', -1)).toBe('2026-02-28')
  })

  it('hold moments of this machine’s wall clock', () => {
    expect(minuteOf(new Date(2026, 10, 23, 0, 0), monday)).toBe(0)
    expect(minuteOf(new Date(2026, 10, 29, 23, 59), monday)).toBe(WEEK_MINUTES - 1)
    expect(minuteOf(new Date(2026, 10, 30, 0, 0), monday)).toBeNull()
    expect(minuteOf(new Date(2026, 10, 22, 23, 59), monday)).toBeNull()
  })

  it('have times that are ones', () => {
    expect(['00:00', '8:05', '23:59', '20:00:00'].map(minutesOfDay)).toEqual([0, 485, 1_439, 1_200])
    expect(['24:00', '7', '', '12:60', '-1:00'].map(minutesOfDay)).toEqual([null, null, null, null, null])
  })
})

describe('the shifts of a week', () => {
  it('begin on their days only, between the first day and the last', () => {
    expect(hours(duty('a', '08:00', '20:00', { weekdays: [1, 3] }))).toEqual([
      [at(0, 8), at(0, 20)],
      [at(2, 8), at(2, 20)],
    ])
    expect(hours(duty('a', '08:00', '20:00', { from: '2026-11-28', until: '2026-11-28' }))).toEqual([[at(5, 8), at(5, 20)]])
    expect(hours(duty('a', '08:00', '20:00', { until: '2026-11-22' }))).toEqual([])
    expect(hours(duty('a', '08:00', '20:00', { from: '2026-11-30' }))).toEqual([])
  })

  it('end on the next day where the end is not later than the start', () => {
    expect(hours(duty('a', '20:00', '08:00', { weekdays: [2] }))).toEqual([[at(1, 20), at(2, 8)]])
    expect(hours(duty('a', '08:00', '08:00', { weekdays: [2] }))).toEqual([[at(1, 8), at(2, 8)]])
    expect(hours(duty('a', '12:00', '00:00', { weekdays: [2] }))).toEqual([[at(1, 12), at(2, 0)]])
    expect(overnight({ start: '20:00', end: '08:00' })).toBe(true)
    expect(overnight({ start: '08:00', end: '20:00' })).toBe(false)
  })

  it('are cut off at both ends of it', () => {
    // The night of the Sunday before, and this Sunday's.
    expect(hours(duty('a', '20:00', '08:00', { weekdays: [7] }))).toEqual([
      [0, at(0, 8)],
      [at(6, 20), WEEK_MINUTES],
    ])
    // That Sunday lies before the first day, so nobody came.
    expect(hours(duty('a', '20:00', '08:00', { weekdays: [7], from: monday }))).toEqual([[at(6, 20), WEEK_MINUTES]])
    // One that ends with Sunday does not reach into Monday.
    expect(hours(duty('a', '12:00', '00:00', { weekdays: [7] }))).toEqual([[at(6, 12), WEEK_MINUTES]])
  })

  it('that cannot be read are not drawn', () => {
    expect(hours(duty('a', '', '08:00'))).toEqual([])
  })
})

describe('the rows of a week', () => {
  it('are people, operators first, then by who is called first', () => {
    const rows = weekRows(
      [
        duty('worker', '08:00', '20:00', { role: 'grid_worker' }),
        duty('second', '08:00', '20:00', { place: 2 }),
        duty('first', '20:00', '08:00', { weekdays: [1] }),
        duty('first', '08:00', '20:00', { id: 'more', weekdays: [6] }),
        duty('acceptor', '08:00', '20:00', { role: 'acceptor' }),
        duty('gone', '08:00', '20:00', { until: '2026-11-20' }),
      ],
      monday,
    )
    expect(rows.map(({ user }) => user)).toEqual(['first', 'second', 'acceptor', 'worker'])
    expect(rows[0]?.bars.map(({ from }) => from)).toEqual([at(0, 20), at(5, 8)])
  })

  it('count in a region and in what lies in it', () => {
    expect(coversRegion({ region: '420502001001' }, '420502001001')).toBe(true)
    expect(coversRegion({ region: '420502' }, '420502001001')).toBe(true)
    expect(coversRegion({ region: '420502001001007' }, '420502001001')).toBe(false)
  })
})

describe('gaps', () => {
  it('are the whole week where nobody is on the roster', () => {
    expect(cover()).toEqual([[0, WEEK_MINUTES, 'none']])
    // Others than operators leave them as they are.
    expect(cover(duty('a', '00:00', '00:00', { role: 'acceptor' }))).toEqual([[0, WEEK_MINUTES, 'none']])
  })

  it('are none where shifts meet or overlap', () => {
    expect(cover(duty('a', '08:00', '20:00'), duty('b', '20:00', '08:00'))).toEqual([[0, WEEK_MINUTES, 'all']])
    expect(cover(duty('a', '07:00', '21:00'), duty('b', '20:00', '08:00'))).toEqual([[0, WEEK_MINUTES, 'all']])
  })

  it('lie where nobody is', () => {
    expect(cover(duty('a', '08:00', '20:00', { weekdays: [1] }), duty('b', '00:00', '00:00', { weekdays: [3] }))).toEqual([
      [0, at(0, 8), 'none'],
      [at(0, 8), at(0, 20), 'all'],
      [at(0, 20), at(2, 0), 'none'],
      [at(2, 0), at(3, 0), 'all'],
      [at(3, 0), WEEK_MINUTES, 'none'],
    ])
  })

  it('are told apart from hours for some behaviors only', () => {
    const day = { weekdays: [1] }
    const rows = weekRows(
      [
        duty('a', '08:00', '20:00', { ...day, behaviors: ['fall'] }),
        duty('b', '12:00', '20:00', { ...day, behaviors: ['crowd', 'fall'] }),
        duty('c', '16:00', '20:00', day),
      ],
      monday,
    )
    expect(coverOf(rows, 'operator').slice(1, 4)).toEqual([
      { from: at(0, 8), to: at(0, 12), cover: 'some', behaviors: ['fall'] },
      { from: at(0, 12), to: at(0, 16), cover: 'some', behaviors: ['crowd', 'fall'] },
      { from: at(0, 16), to: at(0, 20), cover: 'all', behaviors: [] },
    ])
  })

  it('put each minute into exactly one stretch', () => {
    const stretches = coverOf(
      weekRows([duty('a', '22:13', '05:47', { weekdays: [2, 5] }), duty('b', '05:00', '07:00'), duty('c', '21:00', '23:00')], monday),
      'operator',
    )
    expect(stretches[0]?.from).toBe(0)
    expect(stretches.at(-1)?.to).toBe(WEEK_MINUTES)
    for (const [index, { from, to }] of stretches.entries()) {
      expect(to).toBeGreaterThan(from)
      expect(stretches[index + 1]?.from ?? WEEK_MINUTES).toBe(to)
    }
  })

  it('say so in as many letters as there is room for', () => {
    expect([24, 14, 12, 5, 3].map((hours) => roomOf({ from: 0, to: hours * 60 }))).toEqual(['full', 'full', 'short', 'short', 'sign'])
    expect(['20:00', '08:30', '00:00'].map(brief)).toEqual(['20', '08:30', '00'])
  })

  it('are said in words', () => {
    expect(spoken(at(1, 0), true)).toEqual({ weekday: 1, time: '24:00' })
    expect(spoken(at(1, 0), false)).toEqual({ weekday: 2, time: '00:00' })
    expect(stretchText({ from: at(1, 8), to: at(1, 20) })).toBe('周二 08:00–20:00')
    expect(stretchText({ from: at(5, 20), to: WEEK_MINUTES })).toBe('周六 20:00 至 周日 24:00')
    expect(weekdaysText([1, 2, 3, 4, 5])).toBe('周一至周五')
    expect(weekdaysText([7, 1])).toBe('周一、周日')
    expect(weekdaysText(EVERY)).toBe('每天')
    expect(hoursText({ start: '20:00', end: '08:00' })).toBe('20:00–次日 08:00')
  })
})

describe('a line of the roster', () => {
  const filled = { ...blankDuty('420502001001', '2026-11-23'), user: 'wang' }

  it('begins as nights until the end of the month', () => {
    expect(filled).toMatchObject({ from: '2026-11-23', until: '2026-11-30', start: '20:00', end: '08:00', place: 1 })
    expect(blankDuty('4205', '2028-02-01').until).toBe('2028-02-29')
    expect(lackOfDuty(filled)).toBeNull()
  })

  it.each([
    [{ user: ' ' }, 'user'],
    [{ region: '42050' }, 'region'],
    [{ place: 0 }, 'place'],
    [{ place: 10 }, 'place'],
    [{ until: '2026-11-22' }, 'dates'],
    [{ from: '' }, 'dates'],
    [{ weekdays: [] }, 'weekdays'],
    [{ end: '' }, 'times'],
  ])('%o lacks %s', (rest, lack) => {
    expect(lackOfDuty({ ...filled, ...rest })).toBe(lack)
  })

  it('is sent without what nobody means', () => {
    const tidy = tidyDuty({ ...filled, user: ' wang ', start: '20:00:00', weekdays: [7, 1, 3] })
    expect(tidy).toMatchObject({ user: 'wang', start: '20:00', weekdays: [1, 3, 7] })
  })

  it('says days in a row as one', () => {
    expect(runsOf([5, 1, 2, 3, 3])).toEqual([
      [1, 3],
      [5, 5],
    ])
    expect(runsOf([])).toEqual([])
  })

  it('stands last when it is over', () => {
    const lines = [duty('old', '08:00', '20:00', { until: '2026-11-22' }), duty('b', '08:00', '20:00', { place: 2 }), duty('a', '08:00', '20:00')]
    expect(inOrder(lines, monday).map(({ duty, over }) => [duty.user, over])).toEqual([
      ['a', false],
      ['b', false],
      ['old', true],
    ])
  })

  it('is written by administrators and acceptors of the region', () => {
    const post = (role: string, region: string | null): Post => ({ role, region })
    expect(mayWriteRoster([post('acceptor', '420502001001')], '420502001001007')).toBe(true)
    expect(mayWriteRoster([post('acceptor', '420502001001')], '420502001')).toBe(false)
    expect(mayWriteRoster([post('admin', null)], '4205')).toBe(true)
    expect(mayWriteRoster([post('operator', null)], '4205')).toBe(false)
  })
})
