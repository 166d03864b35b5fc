// Holds and requests as pages show them. Pure.
import type { Approval, HoldView } from '@/api/law'

/** Whole megabytes; what is there is never shown as nothing. */
export function megabytes(bytes: number): number {
  return bytes === 0 ? 0 : Math.max(1, Math.round(bytes / 1_000_000))
}

export type HoldState = 'on' | 'lifted' | 'over'

export function holdState({ lifted_utc, until_utc }: HoldView, nowMs: number): HoldState {
  if (lifted_utc !== null) return 'lifted'
  return until_utc !== null && Date.parse(until_utc) <= nowMs ? 'over' : 'on'
}

/** This person's newest request to hand this very case over unmasked, as long as it is of use. */
export function exportRequest(approvals: Approval[], user: string, caseId: string): Approval | null {
  const mine = approvals.filter(({ kind, by, scope }) => kind === 'unmasked_export' && by === user && scope.cases?.[0] === caseId)
  return mine.find(({ standing }) => standing === 'agreed' || standing === 'waiting') ?? null
}

/** An early purge that a second person has agreed to, and that this person may do now. */
export function agreedPurge(approvals: Approval[], user: string): Approval | null {
  return approvals.find(({ kind, standing, by }) => kind === 'early_purge' && standing === 'agreed' && by === user) ?? null
}
