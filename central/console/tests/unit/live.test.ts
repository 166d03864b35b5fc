import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Live, RELOAD_SPREAD_MS, type Source } from '@/api/live'
import { summary } from './make'

class FakeSource implements Source {
  readyState = 0
  onopen: ((event: Event) => void) | null = null
  onerror: ((event: Event) => void) | null = null
  closed = false
  private listeners = new Map<string, (event: MessageEvent<string>) => void>()

  addEventListener(type: string, listener: (event: MessageEvent<string>) => void): void {
    this.listeners.set(type, listener)
  }
  close(): void {
    this.closed = true
    this.readyState = 2
  }
  opens(): void {
    this.readyState = 1
    this.onopen?.(new Event('open'))
  }
  fails(forGood: boolean): void {
    this.readyState = forGood ? 2 : 0
    this.onerror?.(new Event('error'))
  }
  sends(type: string, data: unknown): void {
    this.listeners.get(type)?.({ data: typeof data === 'string' ? data : JSON.stringify(data) } as MessageEvent<string>)
  }
}

let sources: FakeSource[]
let told: string[]
let live: Live
const newest = () => sources.at(-1) as FakeSource

beforeEach(() => {
  vi.useFakeTimers()
  sources = []
  told = []
  live = new Live(
    () => {
      sources.push(new FakeSource())
      return newest()
    },
    {
      status: (status) => told.push(status),
      reload: () => told.push('reload'),
      place: () => told.push('place'),
      case: ({ id }) => told.push(`case ${id}`),
    },
  )
  live.start()
})

afterEach(() => {
  live.stop()
  vi.useRealTimers()
})

describe('the event stream', () => {
  it('hands events on, and fetches anew whenever it opens or is told to', () => {
    newest().opens()
    newest().sends('case', summary('a', 1))
    newest().sends('edge', {})
    newest().sends('camera', {})
    newest().sends('reload', '')
    newest().sends('reload', '')
    vi.advanceTimersByTime(RELOAD_SPREAD_MS)
    expect(told).toEqual(['connecting', 'open', 'reload', 'case a', 'place', 'place', 'reload'])
    newest().sends('reload', '')
    live.stop()
    vi.advanceTimersByTime(RELOAD_SPREAD_MS)
    expect(told.at(-1)).toBe('reload')
    expect(told).toHaveLength(7)
  })

  it('fetches anew instead of failing on half a message', () => {
    newest().opens()
    newest().sends('case', '{"id":')
    expect(told.at(-1)).toBe('reload')
  })

  it('lets the browser reconnect where the browser does', () => {
    newest().opens()
    newest().fails(false)
    expect(told.at(-1)).toBe('broken')
    vi.advanceTimersByTime(60_000)
    expect(sources).toHaveLength(1)
    newest().opens()
    expect(told.slice(-2)).toEqual(['open', 'reload'])
  })

  it('reconnects by itself, ever more slowly, where the browser gives up', () => {
    const waits: number[] = []
    for (let n = 0; n < 6; n += 1) {
      newest().fails(true)
      const before = sources.length
      let waited = 0
      while (sources.length === before && waited < 60_000) {
        vi.advanceTimersByTime(500)
        waited += 500
      }
      waits.push(waited)
    }
    expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 15_000, 15_000])
    expect(told.filter((word) => word === 'broken')).toHaveLength(1)
    newest().opens()
    newest().fails(true)
    vi.advanceTimersByTime(1_000)
    expect(sources).toHaveLength(8)
  })

  it('drops a connection that something else found dead, and ignores what it still says', () => {
    newest().opens()
    const dead = newest()
    live.suspect()
    expect(dead.closed).toBe(true)
    vi.advanceTimersByTime(1_000)
    expect(sources).toHaveLength(2)
    const before = [...told]
    dead.sends('case', summary('a', 1))
    dead.fails(true)
    dead.opens()
    expect(told).toEqual(before)
  })

  it('stays stopped', () => {
    newest().fails(true)
    live.stop()
    vi.advanceTimersByTime(60_000)
    expect(sources).toHaveLength(1)
  })
})
