// Lines below a field, and moving among them. Pure.

/** A line that can be picked. */
export interface Option {
  key: string
  label: string
  /** Where or what, in grey. */
  detail: string
}

/** Where a move through the list leads; from nowhere to its first or last line. */
export function moved(at: number, step: 1 | -1, length: number): number {
  if (length === 0) return -1
  if (at < 0) return step > 0 ? 0 : length - 1
  return Math.min(length - 1, Math.max(0, at + step))
}
