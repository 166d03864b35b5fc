// Who was called because a case was late. Pure.
import type { CaseDetail, CaseSummary } from '@/api/types'
import type { Called } from '@/api/work'
import { isOpen } from '@/stores/states'

/** All calls, in order; a summary names only those of a case that nobody has taken. */
export function callsOf(detail: CaseDetail): Called[] {
  return detail.case.called ?? detail.called ?? []
}

/** Whether this person was called for it and nobody has taken it yet. */
export function isCalled(row: CaseSummary, user: string): boolean {
  const taken = row.taken === true || row.handler !== null
  return !taken && isOpen(row.state) && (row.called ?? []).some((call) => call.user === user)
}
