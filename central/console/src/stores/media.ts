// Which clip and picture of a case can be shown. Pure.
import type { CaseAlert, CaseDetail } from '@/api/types'

export interface Media {
  clip: string | null
  snapshot: string | null
  /** The box has promised a clip that the centre does not hold yet. */
  clipComing: boolean
  /** Whether the alert names any file at all. */
  named: boolean
  /** When the last of it was purged; null while there is something. */
  purged: string | null
  /** Line of the ledger that proves it. */
  proof: number | null
}

export function mediaOf(alert: CaseAlert): Media {
  const stored = (kind: string) => alert.evidence.find((one) => one.kind === kind && one.stored)?.sha256 ?? null
  const clip = stored('clip')
  const snapshot = stored('snapshot')
  const proof = alert.evidence.flatMap((one) => one.purge_seq ?? []).sort((a, b) => a - b).at(-1) ?? null
  const purged = alert.evidence.flatMap((one) => one.purged_utc ?? []).sort().at(-1) ?? null
  return {
    clip,
    snapshot,
    clipComing: clip === null && alert.evidence.some((one) => one.kind === 'clip' && one.purged_utc === undefined),
    named: alert.evidence.length > 0,
    purged: clip === null && snapshot === null ? purged : null,
    proof: clip === null && snapshot === null ? proof : null,
  }
}

/** The alert to show first: the newest one with a clip, else with a picture, else the newest. */
export function bestAlert(detail: CaseDetail): CaseAlert | null {
  const newest = [...detail.alerts].sort((a, b) => Date.parse(b.since_utc) - Date.parse(a.since_utc))
  return (
    newest.find((alert) => mediaOf(alert).clip !== null) ??
    newest.find((alert) => mediaOf(alert).snapshot !== null) ??
    newest[0] ??
    null
  )
}
