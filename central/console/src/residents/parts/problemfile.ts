// Problems of a file as a file, for whoever puts it right. Pure.
import type { Lang } from '@/format'
import { csv } from '@/parts/csv'
import type { ImportProblem } from '../api/types'

export function problemCsv(problems: readonly ImportProblem[], headings: [string, string], lang: Lang): string {
  return csv([headings, ...problems.map(({ line, zh, en }) => [String(line), lang === 'en' ? en : zh])])
}
