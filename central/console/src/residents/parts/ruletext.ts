// Places in the text of rules, and what a version means for whom. Pure.
import type { RuleVersion, RuleView, Tried } from '../api/types'

/** Where a line and column (from 1, in characters) stand; beyond the end of a line, at its end. */
export function offsetOf(text: string, line: number, column: number): number {
  const lines = text.split('\n')
  const at = Math.min(Math.max(1, line), lines.length)
  const start = lines.slice(0, at - 1).reduce((sum, one) => sum + one.length + 1, 0)
  const letters = [...(lines[at - 1] ?? '')]
  return start + letters.slice(0, Math.max(0, column - 1)).join('').length
}

export function lineCount(text: string): number {
  return text.split('\n').length
}

/** `live`: in use. `mine`: I asked for it, another person is to agree. `theirs`: I may agree. `free`: it may be put to use. */
export type Standing = 'live' | 'mine' | 'theirs' | 'free'

export function standingOf(rule: RuleView, version: RuleVersion, account: string): Standing {
  if (rule.live === version.version) return 'live'
  if (version.asked_by === null) return 'free'
  return version.asked_by === account ? 'mine' : 'theirs'
}

export function newest(rule: RuleView): RuleVersion | null {
  return rule.versions.at(-1) ?? null
}

/** The grids with the most reminders, and how long their bars are in percent. */
export function bars({ grids }: Tried, most = 12): { grid: string; reminded: number; width: number }[] {
  const sorted = [...grids].sort((one, other) => other.reminded - one.reminded).slice(0, most)
  const highest = sorted[0]?.reminded ?? 0
  return sorted.map(({ grid, reminded }) => ({ grid, reminded, width: highest === 0 ? 0 : (reminded / highest) * 100 }))
}
