import { describe, expect, it } from 'vitest'
import type { Case } from '@/api/work'
import { timeLeft } from '@/format'
import { STEPS, deadlinesOf, progressOf } from '@/parts/progress'
import { detail, mark, work } from './make'

/** `✓✓●....`: done, current, to come, stopped. */
function line(state: string, rest: Partial<Case> = {}): string {
  const sign = { done: '✓', current: '●', coming: '.', stopped: '✕' }
  return progressOf(work(state, rest))
    .steps.map(({ status }) => sign[status])
    .join('')
}

describe('the way of a case', () => {
  it.each([
    ['registered', '●......'],
    ['verifying', '✓●.....'],
    ['filed', '✓✓●....'],
    ['dispatched', '✓✓✓●...'],
    ['handling', '✓✓✓✓●..'],
    ['checking', '✓✓✓✓✓●.'],
    ['closed', '✓✓✓✓✓✓✓'],
  ])('%s', (state, steps) => {
    expect(line(state)).toBe(steps)
    expect(progressOf(work(state)).aside).toBeNull()
  })

  it('stops where it is left, and says how', () => {
    expect(line('suspended')).toBe('✓✓✓✓●..')
    expect(line('rejected')).toBe('✓✕.....')
    expect(line('merged', { merged: { master: 'm', from: 'filed' } })).toBe('✓✓✕....')
    for (const state of ['suspended', 'rejected', 'merged', 'void']) expect(progressOf(work(state)).aside).toBe(state)
  })

  it('of a void one is told by what was done', () => {
    const decision = { ...mark('li'), verdict: 'real' as const, reason: null, note: null }
    const assigned = { to: { region: '420502001001' }, mark: mark('li'), note: null }
    expect(line('void')).toBe('✓✕.....')
    expect(line('void', { decision })).toBe('✓✓✕....')
    expect(line('void', { decision, assigned })).toBe('✓✓✓✕...')
    expect(line('void', { decision, assigned, handler: mark('li') })).toBe('✓✓✓✓✕..')
    expect(line('void', { outcome: { work: { note: 'x' }, mark: mark('li') } })).toBe('✓✓✓✓✓✕.')
    expect(line('void', { closed_utc: '2026-11-23T06:00:00Z' })).toBe('✓✓✓✓✓✓✕')
  })

  it('of a state that is not known is no error', () => {
    expect(progressOf(work('something_new')).aside).toBe('something_new')
    expect(progressOf(work('something_new')).steps).toHaveLength(STEPS.length)
  })
})

describe('deadlines', () => {
  const due = '2026-11-23T08:00:00Z'
  it('stand in the order of the work, unknown ones last', () => {
    const shown = deadlinesOf(detail([], { clocks: { later: due, handle: due, verify: due, ack: due } }))
    expect(shown.map(({ stage }) => stage)).toEqual(['ack', 'verify', 'handle', 'later'])
  })

  it('name the step that comes before or after them', () => {
    const warn = { stage: 'handle', percent: 80, due_utc: '2026-11-23T07:30:00Z' }
    const [handle, verify] = deadlinesOf(
      detail([], { clocks: { verify: due, handle: due }, deadlines: [warn, { stage: 'verify', percent: 100, due_utc: due }] }),
    ).reverse()
    expect(handle?.next).toEqual({ percent: 80, due_utc: '2026-11-23T07:30:00Z' })
    expect(verify?.next).toBeNull()
  })

  it('stand still while the case is suspended', () => {
    const shown = deadlinesOf(detail([], { state: 'suspended', clocks: { handle: due, review: due } }))
    expect(shown.map(({ stands }) => stands)).toEqual([true, false])
  })

  it('count down, then up', () => {
    const at = Date.parse(due)
    expect(timeLeft(due, at - 90_000)).toEqual({ late: false, secs: 90 })
    expect(timeLeft(due, at)).toEqual({ late: true, secs: 0 })
    expect(timeLeft(due, at + 5_000)).toEqual({ late: true, secs: 5 })
    expect(timeLeft('nonsense', at).late).toBe(false)
  })
})
