// Two texts side by side, line by line. Pure.

export interface Line {
  /** Place in its text, from 1. */
  number: number
  text: string
}

export interface Row {
  kind: 'same' | 'changed' | 'less' | 'more'
  left: Line | null
  right: Line | null
}

/** Where tables of all pairs of lines would become too large, the middle counts as changed. */
const MOST_PAIRS = 4_000_000

/** Lines that both have in the same order are the same; what stands between them was changed, taken out or put in. */
export function difference(before: string, after: string): Row[] {
  const [left, right] = [lines(before), lines(after)]
  let head = 0
  while (head < left.length && head < right.length && left[head]?.text === right[head]?.text) head += 1
  let tail = 0
  const same = () => left[left.length - 1 - tail]?.text === right[right.length - 1 - tail]?.text
  while (tail < left.length - head && tail < right.length - head && same()) tail += 1
  const rows: Row[] = []
  for (let at = 0; at < head; at += 1) rows.push(pair(left[at], right[at]))
  rows.push(...middle(left.slice(head, left.length - tail), right.slice(head, right.length - tail)))
  for (let at = tail; at > 0; at -= 1) rows.push(pair(left[left.length - at], right[right.length - at]))
  return rows
}

function lines(text: string): Line[] {
  const all = text.replaceAll('\r\n', '\n').split('\n')
  if (all.at(-1) === '') all.pop()
  return all.map((one, at) => ({ number: at + 1, text: one }))
}

function pair(left: Line | undefined, right: Line | undefined): Row {
  return { kind: 'same', left: left ?? null, right: right ?? null }
}

/** By the longest sequence of lines that both have. */
function middle(left: Line[], right: Line[]): Row[] {
  if (left.length * right.length > MOST_PAIRS) return block(left, right)
  const width = right.length + 1
  const length = new Uint32Array((left.length + 1) * width)
  const of = (i: number, j: number) => length[i * width + j] ?? 0
  for (let i = left.length - 1; i >= 0; i -= 1) {
    for (let j = right.length - 1; j >= 0; j -= 1) {
      length[i * width + j] =
        left[i]?.text === right[j]?.text ? of(i + 1, j + 1) + 1 : Math.max(of(i + 1, j), of(i, j + 1))
    }
  }
  const rows: Row[] = []
  let [i, j] = [0, 0]
  let [less, more]: [Line[], Line[]] = [[], []]
  const flush = () => {
    rows.push(...block(less, more))
    less = []
    more = []
  }
  while (i < left.length || j < right.length) {
    const [one, other] = [left[i], right[j]]
    if (one !== undefined && other !== undefined && one.text === other.text) {
      flush()
      rows.push(pair(one, other))
      i += 1
      j += 1
    } else if (one !== undefined && (other === undefined || of(i + 1, j) >= of(i, j + 1))) {
      less.push(one)
      i += 1
    } else if (other !== undefined) {
      more.push(other)
      j += 1
    }
  }
  flush()
  return rows
}

/** What was taken out beside what was put in. */
function block(less: Line[], more: Line[]): Row[] {
  return Array.from({ length: Math.max(less.length, more.length) }, (_, at) => {
    const [left, right] = [less[at] ?? null, more[at] ?? null]
    return { kind: left === null ? 'more' : right === null ? 'less' : 'changed', left, right }
  })
}

/** Without what is the same far from any change; null stands for rows that are left out. */
export function folded(rows: readonly Row[], around = 3): (Row | null)[] {
  const near = rows.map((_, at) => rows.slice(Math.max(0, at - around), at + around + 1).some(({ kind }) => kind !== 'same'))
  const shown: (Row | null)[] = []
  rows.forEach((row, at) => {
    if (near[at]) shown.push(row)
    else if (shown.at(-1) !== null) shown.push(null)
  })
  return shown
}
