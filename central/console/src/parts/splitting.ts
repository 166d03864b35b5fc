// 拆分: which alerts of a case can leave it. Pure.
import type { SplitAlert } from '@/api/client'
import type { CaseAlert, CaseDetail } from '@/api/types'

/** The box that an alert is of: a case may hold alerts of several. */
export function edgeOf(alert: CaseAlert, detail: CaseDetail): string {
  return alert.edge ?? detail.edge
}

/** Id of the alert that the case began with: it stays. The log begins with it. */
export function firstAlert({ log }: CaseDetail): string | null {
  const first = log[0]?.change
  return first?.change === 'registered' ? (first.alert_id ?? null) : null
}

export function maySplit({ may, alerts }: CaseDetail): boolean {
  return may.includes('split') && alerts.length > 1
}

/** Those of the chosen ones that are still in the case and can leave it. */
export function leaving(detail: CaseDetail, chosen: ReadonlySet<string>): SplitAlert[] {
  const first = firstAlert(detail)
  return detail.alerts
    .filter(({ alert_id }) => chosen.has(alert_id) && alert_id !== first)
    .map((alert) => ({ edge: edgeOf(alert, detail), alert_id: alert.alert_id }))
}

/** What is wrong with it; null: it can be asked for. `into` is null for a new case. */
export function lackOfSplit(
  detail: CaseDetail,
  alerts: SplitAlert[],
  reason: string,
  into: string | null,
): 'all' | 'lackReason' | 'lackCase' | null {
  if (alerts.length >= detail.alerts.length) return 'all'
  if (into !== null && into.trim() === '') return 'lackCase'
  return reason.trim() === '' ? 'lackReason' : null
}
