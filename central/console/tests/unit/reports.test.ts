import { describe, expect, it } from 'vitest'
import type { Indicators, RegionRow } from '@/api/reports'
import en from '@/locales/reports.en.json'
import zh from '@/locales/reports.zh-CN.json'
import { COUNTS, FIGURES, RATES, asMonth, grown, monthBeside, monthOf, ordered, points, shareText } from '@/parts/reports/figures'

const rate = (of: number, all: number) => ({ of, all, share: all === 0 ? null : of / all })

function row(code: string, level: string, reported: number, closed: [number, number]): RegionRow {
  const zero = {} as Indicators
  return {
    ...zero,
    code,
    level,
    name: null,
    counts: { reported } as Indicators['counts'],
    rates: { closed: rate(...closed) } as Indicators['rates'],
  }
}

describe('periods', () => {
  it('are months where their days are', () => {
    expect(monthOf('2028-02')).toEqual({ from: '2028-02-01', to: '2028-02-29' })
    expect(asMonth({ from: '2026-12-01', to: '2026-12-31' })).toBe('2026-12')
    expect(asMonth({ from: '2026-12-01', to: '2026-12-30' })).toBeNull()
    expect(monthOf('2026-13')).toBeNull()
    expect(monthOf('x')).toBeNull()
  })

  it('lie beside each other over the turn of the year', () => {
    expect(monthBeside('2026-01', -1)).toBe('2025-12')
    expect(monthBeside('2026-12', 1)).toBe('2027-01')
  })
})

describe('comparisons', () => {
  it('say which way is good', () => {
    expect(points(rate(9, 10), rate(8, 10), 'more')).toEqual({ sign: '↑', by: '10.0', good: true })
    expect(points(rate(9, 10), rate(8, 10), 'less')).toEqual({ sign: '↑', by: '10.0', good: false })
    expect(points(rate(1, 2), rate(1, 2), 'less')).toEqual({ sign: '=', by: '0', good: null })
    expect(grown(150, 100)).toEqual({ sign: '↑', by: '50.0', good: null })
  })

  it('say nothing where there was nothing', () => {
    expect(points(rate(0, 0), rate(8, 10), 'more')).toBeNull()
    expect(grown(5, 0)).toBeNull()
    expect(shareText(null)).toBe('–')
  })
})

describe('the table of regions', () => {
  const rows = [
    row('420502001', 'street', 5, [1, 2]),
    row('420502002', 'street', 50, [0, 0]),
    row('420502003', 'street', 7, [9, 10]),
    row('420502001001', 'community', 5, [1, 2]),
  ]
  const codes = (column: Parameters<typeof ordered>[2], descending: boolean) =>
    ordered(rows, 'street', column, descending).map(({ code }) => code.slice(-1))

  it('is ordered by any column', () => {
    expect(codes('count:reported', true)).toEqual(['2', '3', '1'])
    expect(codes('place', false)).toEqual(['1', '2', '3'])
  })

  it('puts a share of nothing last, whichever way', () => {
    expect(codes('rate:closed', true)).toEqual(['3', '1', '2'])
    expect(codes('rate:closed', false)).toEqual(['1', '3', '2'])
  })
})

it.each([
  ['zh', zh],
  ['en', en],
])('every indicator has its words in %s', (_, { reports }) => {
  for (const name of COUNTS) expect(reports.count).toHaveProperty(name)
  for (const { name } of RATES) {
    expect(reports.rate).toHaveProperty(name)
    expect(reports.formula).toHaveProperty(name)
  }
  for (const { name } of FIGURES) {
    expect(reports.figure).toHaveProperty(name)
    expect(reports.figureWhy).toHaveProperty(name)
  }
})
