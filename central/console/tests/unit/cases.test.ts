import { describe, expect, it } from 'vitest'
import type { CaseSummary } from '@/api/types'
import { type CaseList, MAX_ROWS, append, arrive, empty, refresh, release } from '@/stores/cases'
import { summary } from './make'

const any = () => true
const undecided = (row: CaseSummary) => row.state === 'verifying'
const ids = (rows: CaseSummary[]) => rows.map((row) => row.id).join('')
const shown = (...rows: CaseSummary[]): CaseList => rows.reduce((list, row) => arrive(list, row, any, false), empty)

describe('a case arrives', () => {
  it('stands newest first, whatever the order of arrival', () => {
    const [a, b, c] = [summary('a', 1), summary('b', 2), summary('c', 3)]
    expect(ids(shown(a, b, c).rows)).toBe('cba')
    expect(ids(shown(c, a, b).rows)).toBe('cba')
  })

  it('is one row, however often it comes', () => {
    const list = shown(summary('a', 1), summary('b', 2), summary('a', 1, { alert_count: 2 }))
    expect(ids(list.rows)).toBe('ba')
    expect(list.rows[1]?.alert_count).toBe(2)
  })

  it('is never put back by an older message', () => {
    const decided = summary('a', 1, { version: 3, state: 'filed' })
    expect(arrive(shown(decided), summary('a', 1), any, false).rows).toEqual([decided])
    const later = summary('a', 1, { updated_utc: '2026-11-23T07:00:00Z', alert_count: 5 })
    expect(arrive(shown(later), summary('a', 1), any, false).rows).toEqual([later])
  })

  it('leaves the list when it no longer passes the filter', () => {
    const list = arrive(shown(summary('a', 1)), summary('a', 1, { version: 3, state: 'filed' }), undecided, false)
    expect(list.rows).toEqual([])
  })

  it('does not let the list grow without end', () => {
    let list = empty
    for (let n = 0; n < MAX_ROWS + 20; n += 1) list = arrive(list, summary(`id-${n}`, n % 60), any, false)
    expect(list.rows).toHaveLength(MAX_ROWS)
  })
})

describe('while the list must not move', () => {
  it('holds what is new', () => {
    const list = arrive(shown(summary('a', 1)), summary('b', 2), any, true)
    expect([ids(list.rows), ids(list.held)]).toEqual(['a', 'b'])
    expect(ids(release(list, any).rows)).toBe('ba')
    expect(release(list, any).held).toEqual([])
  })

  it('changes rows in place, and keeps those that no longer pass the filter until it may move', () => {
    const filed = summary('a', 1, { version: 3, state: 'filed' })
    const list = arrive(shown(summary('a', 1), summary('b', 2)), filed, undecided, true)
    expect(ids(list.rows)).toBe('ba')
    expect(list.rows[1]).toEqual(filed)
    expect(ids(release(list, undecided).rows)).toBe('b')
  })

  it('keeps a held case fresh, and drops it when it no longer passes', () => {
    let list = arrive(empty, summary('a', 1), undecided, true)
    list = arrive(list, summary('a', 1, { alert_count: 3 }), undecided, true)
    expect(list.held.map((row) => row.alert_count)).toEqual([3])
    list = arrive(list, summary('a', 1, { version: 3, state: 'rejected' }), undecided, true)
    expect(list.held).toEqual([])
  })
})

describe('pages', () => {
  it('replace the list, but not by older states', () => {
    const decided = summary('a', 1, { version: 3, state: 'filed' })
    const list = refresh(shown(decided, summary('gone', 9)), [summary('b', 2), summary('a', 1)], any)
    expect(list.rows).toEqual([summary('b', 2), decided])
  })

  it('follow each other without doubles', () => {
    const list = append(shown(summary('c', 3), summary('b', 2)), [summary('b', 2), summary('a', 1)], any)
    expect(ids(list.rows)).toBe('cba')
  })
})
