import { describe, expect, it } from 'vitest'
import { REASONS, reasonOfKey } from '@/parts/reasons'
import { bestAlert, mediaOf } from '@/stores/media'
import { alert, detail } from './make'

describe('media', () => {
  it('are only what the centre holds', () => {
    expect(mediaOf(alert('a', 1, ['snapshot'], ['clip']))).toEqual({
      clip: null,
      snapshot: 'a-snapshot',
      clipComing: true,
      named: true,
      purged: null,
      proof: null,
    })
    expect(mediaOf(alert('a', 1, ['snapshot', 'clip'])).clipComing).toBe(false)
    expect(mediaOf(alert('a', 1, []))).toEqual({
      clip: null,
      snapshot: null,
      clipComing: false,
      named: false,
      purged: null,
      proof: null,
    })
  })

  it('that were purged are said to be, and nothing is awaited', () => {
    const gone = alert('a', 1, [], ['snapshot', 'clip'])
    const dated = gone.evidence.map((one, n) => ({ ...one, purged_utc: `2026-12-2${n}T19:00:00Z`, purge_seq: 7 + n }))
    expect(mediaOf({ ...gone, evidence: dated })).toEqual({
      clip: null,
      snapshot: null,
      clipComing: false,
      named: true,
      purged: '2026-12-21T19:00:00Z',
      proof: 8,
    })
    const [snapshot, clip] = dated
    const half = [{ ...snapshot!, stored: true, purged_utc: undefined }, clip!].map(({ purged_utc, ...rest }) =>
      purged_utc === undefined ? rest : { ...rest, purged_utc },
    )
    expect(mediaOf({ ...gone, evidence: half }).purged).toBeNull()
  })

  it('come from the newest alert that has a clip, then a picture, then anything', () => {
    const old = alert('old', 1, ['snapshot', 'clip'])
    const newer = alert('newer', 2, ['snapshot'], ['clip'])
    const newest = alert('newest', 3, [])
    expect(bestAlert(detail([old, newest, newer]))?.alert_id).toBe('old')
    expect(bestAlert(detail([newest, newer]))?.alert_id).toBe('newer')
    expect(bestAlert(detail([newest]))?.alert_id).toBe('newest')
    expect(bestAlert(detail([]))).toBeNull()
  })
})

describe('reasons', () => {
  it('have one key each', () => {
    expect(new Set(REASONS.map((reason) => reason.key)).size).toBe(REASONS.length)
    expect(reasonOfKey('4')).toBe('foliage')
    expect(reasonOfKey('x')).toBeNull()
  })
})
