import { describe, expect, it } from 'vitest'
import type { SpecialDay } from '@/api/org'
import { dateText, groupDays, lackOfDays, mergeDays, monthGrid, readDays } from '@/parts/calendar/days'

const day = (date: string, kind = 'off', name = '春节'): SpecialDay => ({ date, kind, name })

describe('a month', () => {
  it('begins on Monday and has whole weeks', () => {
    const october = monthGrid(2026, 10, [])
    expect(october.map((week) => week.length)).toEqual([7, 7, 7, 7, 7])
    // 2026-10-01 is a Thursday.
    expect(october[0]?.map((cell) => cell?.day ?? null)).toEqual([null, null, null, 1, 2, 3, 4])
    expect(monthGrid(2027, 2, [])).toHaveLength(4)
    expect(monthGrid(2028, 2, []).flat().filter((cell) => cell !== null)).toHaveLength(29)
  })

  it('has free weekends unless a notice says otherwise', () => {
    const cells = monthGrid(2026, 10, [day('2026-10-01'), day('2026-10-10', 'work', '国庆节调休')]).flat()
    const find = (date: string) => cells.find((cell) => cell?.date === date)
    expect(find('2026-10-01')).toMatchObject({ free: true, special: 'off', name: '春节' })
    expect(find('2026-10-10')).toMatchObject({ free: false, special: 'work' })
    expect(find('2026-10-11')).toMatchObject({ free: true, special: null })
    expect(find('2026-10-12')).toMatchObject({ free: false, special: null })
  })
})

describe('groups', () => {
  it('hold runs of free days and their make-up days, in the order of the year', () => {
    const days = [
      day('2026-09-20', 'work', '国庆节调休'),
      day('2026-09-25', 'off', '中秋节'),
      day('2026-10-02', 'off', '国庆节'),
      day('2026-10-01', 'off', '国庆节'),
      day('2026-10-05', 'off', '国庆节'),
    ]
    expect(groupDays(days)).toEqual([
      { name: '中秋节', off: [['2026-09-25', '2026-09-25']], work: [], count: 1 },
      {
        name: '国庆节',
        off: [
          ['2026-10-01', '2026-10-02'],
          ['2026-10-05', '2026-10-05'],
        ],
        work: ['2026-09-20'],
        count: 3,
      },
    ])
  })

  it('keep a name that is nothing but 调休', () => {
    expect(groupDays([day('2026-01-04', 'work', '调休')])[0]?.name).toBe('调休')
  })
})

describe('pasted text', () => {
  it.each([
    ['2027-02-05~2027-02-06 放假 春节', ['2027-02-05', '2027-02-06'], 'off', '春节'],
    ['2027/2/14,上班,春节调休', ['2027-02-14'], 'work', '春节调休'],
    ['2027-02-14\toff\tSpring', ['2027-02-14'], 'off', 'Spring'],
    ['2月27日至3月1日 放假 元宵', ['2027-02-27', '2027-02-28', '2027-03-01'], 'off', '元宵'],
    ['2027年10月9日 国庆节 调休上班', ['2027-10-09'], 'work', '国庆节'],
    ['2027.1.4 班', ['2027-01-04'], 'work', ''],
  ])('%s', (line, dates, kind, name) => {
    const { days, bad } = readDays(line, 2027)
    expect(bad).toEqual([])
    expect(days).toEqual(dates.map((date) => ({ date, kind, name })))
  })

  it.each([
    ['春节放假', 'date'],
    ['2027-02-30 放假 春节', 'date'],
    ['2027-02-06~2027-02-05 放假 春节', 'date'],
    ['2027-01-01~2027-12-31 放假 全年', 'date'],
    ['2026-02-05 放假 春节', 'year'],
    ['2027-02-05 春节', 'kind'],
  ])('%s is not understood: %s', (line, why) => {
    expect(readDays(`\n${line}`, 2027)).toEqual({ days: [], bad: [{ line: 2, text: line, why }] })
  })
})

describe('rows', () => {
  it('of the same day are one, the later one', () => {
    const merged = mergeDays([day('2027-02-05'), day('2027-01-01')], [day('2027-02-05', 'work')])
    expect(merged).toEqual([day('2027-01-01'), day('2027-02-05', 'work')])
  })

  it('are of this year, each once', () => {
    expect(lackOfDays([day('2027-01-01'), day('')], 2027)).toEqual({ row: 1, why: 'date' })
    expect(lackOfDays([day('2026-01-01')], 2027)).toEqual({ row: 0, why: 'year' })
    expect(lackOfDays([day('2027-01-01'), day('2027-01-01')], 2027)).toEqual({ row: 1, why: 'twice' })
    expect(lackOfDays([day('2027-01-01')], 2027)).toBeNull()
  })

  it('are days that there are', () => {
    expect(dateText(2028, 2, 29)).toBe('2028-02-29')
    expect(dateText(2027, 2, 29)).toBeNull()
    expect(dateText(2027, 13, 1)).toBeNull()
  })
})
