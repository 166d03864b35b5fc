// What makes an open console ring, and how. Pure.
import type { CaseSummary } from '@/api/types'
import { UNDECIDED } from './states'

/** Minutes for which somebody may have silence; it always ends. */
export const MUTE_MINUTES = [10, 30, 60]

/**
 * For what a case rings, as a name under which it rings once; null: it does not. Only what is urgent, that nobody looks at
 * yet, that is no test, and that has just happened. Whoever is called for it hears it again.
 */
export function ringOf(row: CaseSummary, user: string): string | null {
  const waits = UNDECIDED.includes(row.state) && row.taken !== true
  if (!waits || row.severity > 2 || row.test || row.late) return null
  const calls = (row.called ?? []).filter((call) => call.user === user).length
  return `${row.id} ${calls}`
}

/** A tone: when it begins and how long it lasts, in seconds, and its pitch in Hz. */
export interface Tone {
  at: number
  secs: number
  hertz: number
}

/** P1: three high pairs. P2: one lower pair. Told apart by ear, and short. */
export function tonesOf(severity: number): Tone[] {
  const pair = (at: number, low: number, high: number): Tone[] => [
    { at, secs: 0.14, hertz: low },
    { at: at + 0.17, secs: 0.18, hertz: high },
  ]
  return severity <= 1 ? [0, 0.5, 1].flatMap((at) => pair(at, 880, 1175)) : pair(0, 587, 784)
}

/** Until when there is silence, in ms since the epoch; 0 where there is none, or what was kept makes no sense. */
export function muteUntil(kept: string | null, nowMs: number): number {
  const until = Number(kept)
  const most = nowMs + Math.max(...MUTE_MINUTES) * 60_000
  return Number.isFinite(until) && until > nowMs && until <= most ? until : 0
}
