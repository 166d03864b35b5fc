// What came of reminders, summed up for pictures and tables. Pure.
import type { Count } from '../api/types'

/** Parts of a bar, in their order. */
export const PIECES = ['good', 'open', 'waiting', 'refused', 'gone', 'wrong'] as const
export type Piece = (typeof PIECES)[number]

const OF_OUTCOME: Record<string, Piece> = {
  handled: 'good',
  enrolled: 'good',
  declined: 'refused',
  not_eligible: 'refused',
  moved_out: 'gone',
  died: 'gone',
  no_longer: 'gone',
  handed_over: 'gone',
  expired: 'wrong',
  wrong_data: 'wrong',
}

/** Which part of a bar it is. What is open stays open, also when nobody could be reached. */
export function pieceOf({ state, outcome }: Pick<Count, 'state' | 'outcome'>): Piece {
  if (state === 'waiting' || state === 'open') return state
  return OF_OUTCOME[outcome ?? ''] ?? 'wrong'
}

export interface Sum {
  key: string
  tasks: number
  late: number
  pieces: Record<Piece, number>
  /** Outcomes one by one; what has none counts under its state. */
  words: { name: string; tasks: number }[]
}

/** Sums of what has the same rule, or lies in the same part; the largest first, parts by their codes. */
export function sums(counts: readonly Count[], by: 'rule' | 'part'): Sum[] {
  const found = new Map<string, Sum>()
  for (const count of counts) {
    const key = count[by]
    let sum = found.get(key)
    if (sum === undefined) {
      sum = { key, tasks: 0, late: 0, pieces: { good: 0, open: 0, waiting: 0, refused: 0, gone: 0, wrong: 0 }, words: [] }
      found.set(key, sum)
    }
    sum.tasks += count.tasks
    sum.late += count.late
    sum.pieces[pieceOf(count)] += count.tasks
    const name = count.outcome ?? count.state
    const word = sum.words.find((one) => one.name === name)
    if (word === undefined) sum.words.push({ name, tasks: count.tasks })
    else word.tasks += count.tasks
  }
  const all = [...found.values()]
  return by === 'rule' ? all.sort((one, other) => other.tasks - one.tasks) : all.sort((one, other) => (one.key < other.key ? -1 : 1))
}

/** Of all reminders, so many have led to what people are due; those that are not over yet count, too. */
export function coverage({ pieces, tasks }: Sum): number {
  return tasks === 0 ? 0 : pieces.good / tasks
}

export function lateShare({ late, tasks }: Sum): number {
  return tasks === 0 ? 0 : late / tasks
}

export interface Slice {
  piece: Piece
  tasks: number
  /** Percent of the whole bar. */
  from: number
  width: number
}

/** A bar as long as its share of the longest one. */
export function slices({ pieces }: Sum, longest: number): Slice[] {
  const all: Slice[] = []
  let from = 0
  for (const piece of PIECES) {
    const tasks = pieces[piece]
    if (tasks === 0 || longest === 0) continue
    const width = (tasks / longest) * 100
    all.push({ piece, tasks, from, width })
    from += width
  }
  return all
}
