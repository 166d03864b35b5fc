// Who looked at what and why, what is held and purged, and what needs two people.
import { call, file } from './client'

export const VIEW_REASONS = ['handling', 'checking', 'complaint', 'authority', 'maintenance', 'training', 'other'] as const
export type ViewReason = (typeof VIEW_REASONS)[number]

/** Reasons that say nothing without words. */
export const WORDY: readonly ViewReason[] = ['authority', 'other']

export interface Grant {
  id: string
  expires_utc: string
  /** Written by itself, since the person works on the case. */
  auto: boolean
}

export interface ViewLine {
  seq: number
  utc: string
  user: string
  region: string
  full_name: string
  unit: string
  reason: string
  text?: string
  content: { what: 'case'; case: string; number: string } | { what: 'file'; sha256: string }
  terminal: { address: string; agent: string }
  auto?: true
  shown: { sha256: string; media_type: string; utc: string }[]
  hash: string
}

export interface ViewQuery {
  user?: string | undefined
  reason?: string | undefined
  region?: string | undefined
  from?: string | undefined
  until?: string | undefined
  before?: number | undefined
  limit?: number
}

export interface Keeping {
  keep_days: number
  least_days: number
  max_bytes: number
  next_purge_utc: string
  files: number
  bytes: number
  oldest_utc: string | null
  /** Files whose time is over. */
  over: number
  /** Those of them that stay, for an open case or a hold. */
  kept: number
}

export interface HoldView {
  id: string
  case: string | null
  number: string | null
  sha256: string | null
  region: string
  reason: string
  by: string
  from_utc: string
  /** Null: until somebody lifts it. */
  until_utc: string | null
  lifted_utc: string | null
  lifted_by: string | null
  lift_reason: string | null
}

export interface PurgeView {
  id: string
  by: string
  began_utc: string
  ended_utc: string
  cutoff_utc: string
  approval?: string
  files: number
  bytes: number
  root: string
  seq: number
  hash: string
}

export interface Approval {
  id: string
  kind: string
  regions: string[]
  scope: { days?: number; cases?: string[]; masked?: boolean }
  reason: string
  by: string
  asked_utc: string
  answered_utc: string | null
  answered_by: string | null
  agreed: boolean | null
  used_utc: string | null
  standing: string
  may_answer: boolean
}

export type NewApproval =
  | { kind: 'bulk_export'; cases: string[]; masked: boolean; reason: string }
  | { kind: 'unmasked_export'; cases: string[]; reason: string }
  | { kind: 'early_purge'; days: number; reason: string }

export interface NewExport {
  cases: string[]
  masked: boolean
  reason: ViewReason
  text?: string
  recipient: string
  approval?: string
}

const name = encodeURIComponent
/** Clips are read and packed. */
const EXPORT_MS = 600_000
/** A purge goes through everything that is over its time. */
const PURGE_MS = 300_000

function asked(query: object): string {
  const params = new URLSearchParams()
  for (const [key, value] of Object.entries(query)) if (value !== undefined && value !== '') params.set(key, String(value))
  return params.size === 0 ? '' : `?${params}`
}

export const law = {
  say: (why: { reason: ViewReason; text?: string; case: string }) => call<Grant>('POST', '/views', why),
  viewOfCase: (id: string) => call<{ grant: Grant | null; auto: boolean }>('GET', `/views/case/${name(id)}`),
  views: (query: ViewQuery) => call<{ views: ViewLine[]; next: number | null }>('GET', `/views${asked(query)}`),
  keeping: () => call<Keeping>('GET', '/keeping'),
  holds: (query: { past?: boolean; case?: string }) => call<{ holds: HoldView[] }>('GET', `/holds${asked(query)}`),
  hold: (hold: { case: string; reason: string; until_utc?: string }) => call<{ id: string }>('POST', '/holds', hold),
  lift: (id: string, reason: string) => call<void>('POST', `/holds/${name(id)}`, { reason }),
  purges: () => call<{ purges: PurgeView[]; next_purge_utc: string }>('GET', '/purges'),
  purge: (what: { days?: number; approval?: string }) => call<PurgeView>('POST', '/purges', what, PURGE_MS),
  approvals: () => call<{ approvals: Approval[] }>('GET', '/approvals'),
  export: (what: NewExport) => file('/exports', what, EXPORT_MS),
  ask: (what: NewApproval) => call<{ id: string }>('POST', '/approvals', what),
  answer: (id: string, agreed: boolean) => call<void>('POST', `/approvals/${name(id)}`, { agreed }),
}
