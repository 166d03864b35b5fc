// Who was called because a case was late. Pure.
import type { CaseDetail, CaseSummary } from '@/api/types'
import type { Called } from '@/api/work'
import { isOpen } from '@/stores/states'

/** All calls, in order; a summary names only those that nobody has answered. */
export function callsOf(detail: CaseDetail): Called[] {
  return detail.case.called ?? detail.called ?? []
}

/** Who was called for it and has not been answered, each once. */
export function waiting({ called, state }: CaseSummary): string[] {
  return isOpen(state) ? [...new Set((called ?? []).map(({ user }) => user))] : []
}

/** Whether this person was called for it, and the call waits for an answer. */
export function isCalled(row: CaseSummary, user: string): boolean {
  return waiting(row).includes(user)
}
