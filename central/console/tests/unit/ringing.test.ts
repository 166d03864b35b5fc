import { describe, expect, it } from 'vitest'
import { muteUntil, ringOf, tonesOf } from '@/stores/ringing'
import { summary } from './make'

const NOW = Date.parse('2026-11-23T06:00:00Z')

describe('the console rings', () => {
  it('for what is urgent and waits, once', () => {
    const row = summary('a', 1, { severity: 1 })
    expect(ringOf(row, 'wang')).toBe(ringOf({ ...row, version: 9, alert_count: 4 }, 'wang'))
    expect(ringOf(row, 'wang')).not.toBe(ringOf(summary('b', 1, { severity: 2 }), 'wang'))
  })

  it('again for whoever is called, and for nobody else', () => {
    const row = summary('a', 1, { severity: 1 })
    const called = [{ user: 'li', utc: row.since_utc, level: 'grid' }]
    expect(ringOf({ ...row, called }, 'li')).not.toBe(ringOf(row, 'li'))
    expect(ringOf({ ...row, called }, 'wang')).toBe(ringOf(row, 'wang'))
  })

  it('for nothing that somebody looks at, is less urgent, a test, or long past', () => {
    const urgent = { severity: 1 }
    for (const rest of [{ taken: true }, { state: 'filed' }, { severity: 3 }, { test: true }, { late: true }]) {
      expect(ringOf(summary('a', 1, { ...urgent, ...rest }), 'wang')).toBeNull()
    }
  })

  it('so that the most urgent is told apart by ear, in less than two seconds', () => {
    const [first, second] = [tonesOf(1), tonesOf(2)]
    expect(first.length).toBeGreaterThan(second.length)
    for (const { at, secs } of [...first, ...second]) expect(at + secs).toBeLessThan(2)
  })
})

describe('silence', () => {
  it('ends, whatever was kept', () => {
    expect(muteUntil(String(NOW + 600_000), NOW)).toBe(NOW + 600_000)
    for (const kept of [null, '', 'x', String(NOW - 1), String(NOW + 86_400_000), 'Infinity']) {
      expect(muteUntil(kept, NOW), String(kept)).toBe(0)
    }
  })
})
