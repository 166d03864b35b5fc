// The first line of a table, as the browser reads it before it is sent. Pure.
import type { Column } from '../api/types'

/** Bytes of a file in which its first line surely ends. */
export const HEAD_BYTES = 64 * 1024

/** UTF-8 if it is that, else GB18030, as offices have it. */
export function decoded(bytes: Uint8Array): string {
  try {
    // the last character may be cut off
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true })
  } catch {
    return new TextDecoder('gb18030').decode(bytes, { stream: true })
  }
}

/** Cells of the first line of a CSV. */
export function headingsOf(text: string): string[] {
  const line = text.replace(/^\ufeff/, '')
  const separator = separatorOf(line)
  const cells: string[] = []
  let cell = ''
  let quoted = false
  for (let at = 0; at < line.length; at += 1) {
    const letter = line[at] ?? ''
    if (quoted) {
      if (letter !== '"') cell += letter
      else if (line[at + 1] === '"') {
        cell += '"'
        at += 1
      } else quoted = false
    } else if (letter === '"' && cell === '') quoted = true
    else if (letter === separator) {
      cells.push(cell.trim())
      cell = ''
    } else if (letter === '\n' || letter === '\r') break
    else cell += letter
  }
  return [...cells, cell.trim()].filter((one) => one !== '')
}

function separatorOf(text: string): string {
  const first = text.split(/[\r\n]/, 1)[0] ?? ''
  const count = (letter: string) => first.split(letter).length
  return [',', '\t', ';'].sort((one, other) => count(other) - count(one))[0] ?? ','
}

/** The column that a heading means by itself; null: none. */
export function meant(heading: string, columns: readonly Column[]): Column | null {
  return columns.find(({ name, headings }) => name.toLowerCase() === heading.toLowerCase() || headings.includes(heading)) ?? null
}

/** Columns that a table needs and that no heading means. */
export function lacking(headings: readonly string[], columns: readonly Column[], own: Record<string, string>): Column[] {
  const there = new Set(headings.map((heading) => own[heading] || meant(heading, columns)?.name))
  return columns.filter(({ name, required }) => required && !there.has(name))
}

/** Only what was said beside what headings mean by themselves. */
export function ownColumns(headings: readonly string[], own: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(own).filter(([heading, column]) => column !== '' && headings.includes(heading)))
}
