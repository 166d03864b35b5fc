import { describe, expect, it } from 'vitest'
import { FILTER_NAMES, type FilterName, filtersFor, fits, queryOf } from '@/stores/filters'
import { ENDED, UNDECIDED, WORKING, above, isOpen } from '@/stores/states'
import { summary } from './make'

const passes = (filter: FilterName, rest: Parameters<typeof summary>[2], behavior: string | null = null) =>
  fits(filter, behavior, summary('a', 1, rest), 'li')
const statesOf = (filter: FilterName) =>
  [...UNDECIDED, ...WORKING, ...ENDED].filter((state) => passes(filter, { state }) === true)

describe('filters', () => {
  it('know every state once', () => {
    const all = [...UNDECIDED, ...WORKING, ...ENDED]
    expect(new Set(all).size).toBe(11)
    expect(all.filter(isOpen)).toEqual([...UNDECIDED, ...WORKING])
    expect(isOpen('something_new')).toBe(true)
  })

  it('let through the states that they ask for', () => {
    expect(statesOf('all')).toHaveLength(11)
    for (const filter of ['undecided', 'working', 'closed', 'rejected'] as const) {
      expect(statesOf(filter).join(',')).toBe(queryOf(filter, null).state)
    }
  })

  it('take what is late only while it is open', () => {
    expect(queryOf('overdue', null)).toEqual({ late: true, open: true })
    expect(passes('overdue', {})).toBe(false)
    expect(passes('overdue', { late_stages: ['verify'] })).toBe(true)
    expect(passes('overdue', { late_stages: ['verify'], state: 'closed' })).toBe(false)
  })

  it('take what a higher level was told of', () => {
    expect(queryOf('urged', null)).toEqual({ told: 'community', open: true })
    expect(passes('urged', { told: 'grid' })).toBe(false)
    expect(passes('urged', { told: 'community' })).toBe(true)
    expect(passes('urged', { told: 'city' })).toBe(true)
    expect(passes('urged', { told: 'city', state: 'rejected' })).toBe(false)
    expect(queryOf('told_district', null)).toEqual({ told: 'district', open: true })
    expect(passes('told_street', { told: 'community' })).toBe(false)
    expect(passes('told_street', { told: 'street' })).toBe(true)
    expect(passes('told_district', { told: 'street' })).toBe(false)
    expect(passes('told_district', { told: 'district' })).toBe(true)
    expect(above('something_new', 'grid')).toBe(false)
  })

  it('ask the centre whose a case is that nobody has taken on', () => {
    expect(queryOf('mine', null)).toEqual({ mine: true })
    expect(passes('mine', { handler: 'li', state: 'handling' })).toBe(true)
    expect(passes('mine', { state: 'verifying' })).toBe(false)
    expect(passes('mine', { state: 'filed' })).toBe(false)
    expect(passes('mine', { state: 'dispatched' })).toBeNull()
    expect(passes('mine', { state: 'handling', handler: 'wang' })).toBeNull()
  })

  it('combine with a behavior', () => {
    expect(queryOf('closed', 'crowd')).toEqual({ state: 'closed', behavior: 'crowd' })
    expect(passes('all', {}, 'crowd')).toBe(false)
    expect(passes('all', { behavior: 'crowd' }, 'crowd')).toBe(true)
    expect(passes('mine', { state: 'dispatched' }, 'crowd')).toBe(false)
  })

  it('keep the names that others rely on', () => {
    expect(filtersFor([{ region: '420502001001' }])).not.toContain('told_street')
    expect(filtersFor([{ region: '420502' }])).toEqual(FILTER_NAMES)
    expect(filtersFor([{ region: null }])).toEqual(FILTER_NAMES)
    expect(FILTER_NAMES).toEqual(expect.arrayContaining(['all', 'undecided', 'rejected']))
  })
})
