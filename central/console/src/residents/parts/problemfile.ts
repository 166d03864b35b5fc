// Problems of a file as a file, for whoever puts it right. Pure.
import type { Lang } from '@/format'
import type { ImportProblem } from '../api/types'

export function problemCsv(problems: readonly ImportProblem[], headings: [string, string], lang: Lang): string {
  const rows = problems.map(({ line, zh, en }) => [String(line), lang === 'en' ? en : zh])
  const lines = [headings, ...rows].map((cells) => cells.map(quoted).join(','))
  // Without the mark a spreadsheet program in China takes the file for GB18030.
  return `\ufeff${lines.join('\r\n')}\r\n`
}

/** What begins like a formula is a text, whatever a spreadsheet thinks of it. */
function quoted(cell: string): string {
  const safe = /^[=+\-@\t]/.test(cell) ? `'${cell}` : cell
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
