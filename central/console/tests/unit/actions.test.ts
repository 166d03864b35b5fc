import { describe, expect, it } from 'vitest'
import type { CaseQuery } from '@/api/client'
import type { CaseDetail } from '@/api/types'
import { ACTIONS, type Action, type Values, actionsOf, blank, changeOf, labelOf, lackOf, tomorrow } from '@/parts/actions'
import { findCase } from '@/stores/lookup'
import { detail, mark, summary, work } from './make'

const now = Date.parse('2026-11-23T08:00:00Z')
const action = (name: string) => ACTIONS.find((one) => one.name === name) as Action
const filled = (name: string, values: Values) => ({ ...blank(action(name), detail([]), now), ...values })
const lack = (name: string, values: Values = {}) => lackOf(action(name), filled(name, values), now)

describe('actions', () => {
  it('are those that are possible, in the order of the work', () => {
    const may = ['noted', 'decided', 'taken', 'something_new']
    const names = (one: CaseDetail) => actionsOf(one, 'wang').map(({ name }) => name)
    expect(names({ ...detail([]), may })).toEqual(['taken', 'noted'])
    const takenBy = (by: string) => ({ ...detail([], { case: work('verifying', { taken: mark(by) }) }), may })
    expect(names(takenBy('li'))).toEqual(['taken', 'noted'])
    expect(labelOf('taken', takenBy('li'))).toBe('retaken')
    expect(names(takenBy('wang'))).toEqual(['noted'])
  })

  it('without fields need one press', () => {
    const quick = ACTIONS.filter(({ fields }) => fields.length === 0).map(({ name }) => name)
    expect(quick).toEqual(['taken', 'accepted', 'arrived', 'resumed'])
  })

  it('name a second dispatch by its own word', () => {
    const assigned = { to: { region: '420502001001' }, mark: mark('li'), note: null }
    expect(labelOf('dispatched', detail([]))).toBe('dispatched')
    expect(labelOf('dispatched', detail([], { case: work('dispatched', { assigned }) }))).toBe('redispatched')
  })
})

describe('what is missing', () => {
  it.each(['returned', 'escalated', 'urged', 'reopened', 'void_asked'])('%s needs words', (name) => {
    expect(lack(name)).toEqual({ field: 'reason', why: 'words' })
    expect(lack(name, { reason: '   ' })).toEqual({ field: 'reason', why: 'words' })
    expect(lack(name, { reason: '不属于本网格' })).toBeNull()
  })

  it('is an answer where one is asked for', () => {
    expect(lack('pause_answered')).toEqual({ field: 'approved', why: 'choice' })
    expect(lack('pause_answered', { approved: false })).toBeNull()
  })

  it('is a note where a check did not pass', () => {
    expect(lack('checked', { passed: true })).toBeNull()
    expect(lack('checked', { passed: false })).toEqual({ field: 'note', why: 'words' })
    expect(lack('checked', { passed: false, note: '杂物还在' })).toBeNull()
  })

  it('is a region that is one', () => {
    expect(lack('dispatched')).toBeNull()
    expect(lack('dispatched', { region: '42050' })).toEqual({ field: 'region', why: 'region' })
    expect(lack('dispatched', { region: '东门' })).toEqual({ field: 'region', why: 'region' })
  })

  it('is a time that lies ahead', () => {
    expect(lack('pause_asked', { cause: '等料' })).toBeNull()
    expect(lack('pause_asked', { cause: '等料', review_utc: '2026-11-01T10:00' })?.why).toBe('time')
    expect(lack('pause_asked', { cause: '等料', review_utc: '' })?.why).toBe('time')
  })

  it('is the other half of a position', () => {
    const done = { note: '已清理', excuse: '手机没电' }
    expect(lack('handled', { note: '已清理' })).toEqual({ field: 'excuse', why: 'words' })
    expect(lack('handled', done)).toBeNull()
    expect(lack('handled', { ...done, lon: '111.286' })).toEqual({ field: 'lat', why: 'half' })
    expect(lack('handled', { ...done, lon: '111.286', lat: '30.692' })).toBeNull()
    expect(lack('handled', { ...done, lon: '30.692', lat: '111.286' })).toEqual({ field: 'lat', why: 'degrees' })
    expect(lack('handled', { ...done, lon: '1e2', lat: '3' })).toEqual({ field: 'lon', why: 'degrees' })
  })
})

describe('the change that is asked for', () => {
  it('has its fields and no empty ones', () => {
    expect(changeOf('noted', filled('noted', { note: ' 已联系物业 ' }))).toEqual({ change: 'noted', note: '已联系物业' })
    expect(changeOf('detached', filled('detached', {}))).toEqual({ change: 'detached' })
    expect(changeOf('checked', filled('checked', { passed: true }))).toEqual({ change: 'checked', passed: true })
    expect(changeOf('void_answered', filled('void_answered', { approved: false }))).toEqual({
      change: 'void_answered',
      approved: false,
    })
  })

  it('says to whom', () => {
    expect(changeOf('dispatched', filled('dispatched', {}))).toEqual({
      change: 'dispatched',
      to: { region: '420502001001' },
    })
    expect(changeOf('dispatched', filled('dispatched', { user: 'wang', note: '先看东门' }))).toEqual({
      change: 'dispatched',
      to: { region: '420502001001', user: 'wang' },
      note: '先看东门',
    })
  })

  it('says when, in UTC', () => {
    const asked = changeOf('pause_asked', filled('pause_asked', { cause: '等料', review_utc: '2026-11-24T10:00' }))
    expect(asked.review_utc).toBe(new Date(2026, 10, 24, 10).toISOString())
    expect(tomorrow(new Date(2026, 11, 31, 23, 30).getTime())).toBe('2027-01-01T10:00')
  })

  it('says what was done and where', () => {
    const values = filled('handled', { note: '已清理', excuse: '手机没电', lon: '111.286', lat: '30.692' })
    expect(changeOf('handled', values)).toEqual({
      change: 'handled',
      note: '已清理',
      excuse: '手机没电',
      pictures: [],
      fix: { lon: 111.286, lat: 30.692 },
    })
  })
})

describe('another case is found', () => {
  const id = '019365a4-0000-7000-8000-00000000000a'
  const number = '4205022026112300042'
  const asked: CaseQuery[] = []
  const list = (query: CaseQuery) => {
    asked.push(query)
    const second = query.after !== undefined
    return Promise.resolve({ cases: [summary(second ? id : 'x', 1, second ? { number } : {})], next: second ? null : 'x' })
  }

  it('by its address, without asking', async () => {
    expect(await findCase(`https://xunge.local/cases/${id.toUpperCase()}`, list)).toBe(id)
    expect(asked).toEqual([])
  })

  it('by its number, on whatever page it is', async () => {
    expect(await findCase(` ${number} `, list)).toBe(id)
    expect(asked).toEqual([{ open: true, limit: 200, after: undefined }, { open: true, limit: 200, after: 'x' }])
  })

  it('or not at all', async () => {
    expect(await findCase('4205022026112399999', list)).toBeNull()
    expect(await findCase('东门', list)).toBeNull()
  })
})
