// What an import came to. Pure.
import type { ImportDone, ImportProblem } from '../api/types'

/** `unused`: something is wrong with the file as a whole, and no row of it was looked at. */
export type ImportVerdict = 'tried' | 'applied' | 'unused'

export function verdictOf(done: ImportDone, dryRun: boolean): ImportVerdict {
  const { added, changed, same, departed, refused, problems } = done
  if (problems.length > 0 && added + changed + same + departed + refused === 0) return 'unused'
  return dryRun ? 'tried' : 'applied'
}

/** What is wrong with the file as a whole: it stands in none of its rows. */
export function ofWhole({ problems }: ImportDone): ImportProblem[] {
  return problems.filter(({ line }) => line === 0)
}

export function ofRows({ problems }: ImportDone): ImportProblem[] {
  return problems.filter(({ line }) => line !== 0)
}
