import { describe, expect, it } from 'vitest'
import type { Approval, HoldView } from '@/api/law'
import { agreedPurge, exportRequest, holdState, megabytes } from '@/parts/law/keeping'

const NOW = Date.parse('2026-11-23T06:00:00Z')

const hold = (rest: Partial<HoldView>): HoldView => ({
  id: 'h',
  case: 'c',
  number: '4205022026112300001',
  sha256: null,
  region: '420502001001',
  reason: 'x',
  by: 'li',
  from_utc: '2026-11-01T00:00:00Z',
  until_utc: null,
  lifted_utc: null,
  lifted_by: null,
  lift_reason: null,
  ...rest,
})

const approval = (rest: Partial<Approval>): Approval => ({
  id: 'a',
  kind: 'early_purge',
  regions: [],
  scope: { days: 30 },
  reason: 'x',
  by: 'wang',
  asked_utc: '2026-11-23T05:00:00Z',
  answered_utc: null,
  answered_by: null,
  agreed: null,
  used_utc: null,
  standing: 'waiting',
  may_answer: false,
  ...rest,
})

describe('holds', () => {
  it('stand until they are lifted or run out', () => {
    expect(holdState(hold({}), NOW)).toBe('on')
    expect(holdState(hold({ until_utc: '2026-11-23T06:00:01Z' }), NOW)).toBe('on')
    expect(holdState(hold({ until_utc: '2026-11-23T06:00:00Z' }), NOW)).toBe('over')
    expect(holdState(hold({ lifted_utc: '2026-11-02T00:00:00Z' }), NOW)).toBe('lifted')
  })
})

describe('an early purge', () => {
  it('is done by who asked, once another one has agreed', () => {
    expect(agreedPurge([approval({})], 'wang')).toBeNull()
    expect(agreedPurge([approval({ standing: 'agreed', by: 'li' })], 'wang')).toBeNull()
    expect(agreedPurge([approval({ standing: 'agreed', kind: 'bulk_export' })], 'wang')).toBeNull()
    expect(agreedPurge([approval({ standing: 'agreed' })], 'wang')?.id).toBe('a')
  })
})

describe('an unmasked export', () => {
  it('goes by the own request for this very case', () => {
    const request = (rest: Partial<Approval>) => approval({ kind: 'unmasked_export', scope: { cases: ['c'], masked: false }, ...rest })
    expect(exportRequest([request({})], 'wang', 'c')?.standing).toBe('waiting')
    expect(exportRequest([request({ standing: 'used' }), request({ standing: 'agreed' })], 'wang', 'c')?.standing).toBe('agreed')
    expect(exportRequest([request({})], 'wang', 'd')).toBeNull()
    expect(exportRequest([request({ by: 'li' })], 'wang', 'c')).toBeNull()
  })
})

describe('sizes', () => {
  it('never show something as nothing', () => {
    expect([0, 1, 1_400_000, 2_600_000_000].map(megabytes)).toEqual([0, 1, 1, 2600])
  })
})
