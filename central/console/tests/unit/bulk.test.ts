import { describe, expect, it } from 'vitest'
import type { Approval } from '@/api/law'
import { dayStart, exportRequests, numbersIn, requestFor } from '@/parts/law/bulk'

const request = (id: string, rest: Partial<Approval>): Approval => ({
  id,
  kind: 'bulk_export',
  regions: [],
  scope: { cases: ['a', 'b'], masked: true },
  reason: 'x',
  by: 'sun',
  asked_utc: '2026-11-23T06:00:00Z',
  answered_utc: null,
  answered_by: null,
  agreed: null,
  used_utc: null,
  standing: 'waiting',
  may_answer: false,
  ...rest,
})

describe('handing many cases over', () => {
  it('reads numbers however they stand apart, each once, and says what is none', () => {
    const [one, two] = ['4205022026112300001', '42050220261123000012']
    expect(numbersIn(`${one}，${two}\n${one}; 420502、x`)).toEqual({ numbers: [one, two], wrong: ['420502', 'x'] })
    expect(numbersIn(' ')).toEqual({ numbers: [], wrong: [] })
  })

  it('needs a second person for several cases, and for one that shows people', () => {
    expect([requestFor(1, true), requestFor(1, false), requestFor(2, true), requestFor(2, false)]).toEqual([
      null,
      'unmasked_export',
      'bulk_export',
      'bulk_export',
    ])
  })

  it('lists only requests of one’s own to hand something over, the newest first', () => {
    const all = [
      request('old', {}),
      request('new', { asked_utc: '2026-11-23T07:00:00Z' }),
      request('other', { by: 'zhou' }),
      request('purge', { kind: 'early_purge' }),
    ]
    expect(exportRequests(all, 'sun').map(({ id }) => id)).toEqual(['new', 'old'])
  })

  it('means whole days', () => {
    const day = (text: string | undefined) => Date.parse(text ?? '')
    expect(day(dayStart('2026-11-24')) - day(dayStart('2026-11-23'))).toBe(86_400_000)
    expect(dayStart('2026-11-23', 1)).toBe(dayStart('2026-11-24'))
    expect(dayStart('')).toBeUndefined()
  })
})
