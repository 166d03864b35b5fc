// What xunge-central sends, field by field as in its web API. Names a reader does not know stay strings.

export type Phase = 'began' | 'updated' | 'ended'
export type Verdict = 'real' | 'false_alarm'

/** `[x, y, width, height]`, fractions of the frame, origin top left. */
export type Box = [number, number, number, number]

export interface Session {
  user: string
  role: string
}

export interface CaseSummary {
  id: string
  number: string
  state: string
  behavior: string
  /** 1 (most urgent) to 4. */
  severity: number
  edge: string
  site: string
  camera: string
  camera_name: string
  rule: string
  zone: string | null
  since_utc: string
  updated_utc: string
  ended_utc: string | null
  phase: Phase
  alert_count: number
  /** SHA-256 of a picture that is stored at the centre. */
  snapshot: string | null
  /** SHA-256 of a clip that is stored at the centre. */
  clip: string | null
  box: Box
  score: number
  /** Every alert of it arrived more than five minutes after it happened. */
  late: boolean
  /** Made of an installer's test alarms. */
  test: boolean
  version: number
}

export interface CasePage {
  cases: CaseSummary[]
  /** Give it back as `before` for the next page; null: there is none. */
  next: string | null
}

export interface VerdictRecord {
  verdict: Verdict
  reason: string | null
  note: string | null
  by: string
  utc: string
}

export interface Evidence {
  kind: string
  sha256: string
  media_type: string
  bytes: number
  /** False while the box has not delivered the file. */
  stored: boolean
}

export interface CaseAlert {
  alert_id: string
  phase: Phase
  end_reason: string | null
  detail: string | null
  revision: number
  seq: number
  since_utc: string
  utc: string
  received_utc: string
  dwell_secs: number
  threshold: number | null
  measured: number | null
  score: number
  box: Box
  tracks: number[]
  clock_quality: string
  model_sha256: string
  evidence: Evidence[]
}

/** What changed, as it stands in the hash chain. */
export interface Change {
  /** `registered`, `verifying`, `joined`, `decided`. */
  change: string
  verdict?: string
  reason?: string
}

export interface LogEntry {
  index: number
  utc: string
  actor: string
  change: Change
  note: string | null
  hash: string
}

export interface CaseDetail extends CaseSummary {
  verdict: VerdictRecord | null
  alerts: CaseAlert[]
  log: LogEntry[]
}

export interface Decision {
  verdict: Verdict
  reason?: string
  note?: string
  version: number
}

export interface CameraPlace {
  camera: string
  name: string
  watch: string
  cause: string | null
  detail: string | null
  since_utc: string
  /** `ok`, `moved`; null when no rule watches where the camera looks. */
  view: string | null
  view_since_utc: string | null
  /** Rules with a zone or a line, which say nothing while it is `moved`. */
  suspended_rules: string[]
  /** Since when its box has been too short of time for all its pictures. */
  strained_since_utc: string | null
}

/** Sequence numbers that have not arrived, both ends included. */
export interface Gap {
  outbox: string
  first: number
  last: number
  since_utc: string
}

export interface EdgePlace {
  edge: string
  site: string
  /** `online`, `offline`, `stopped`; null before it was heard of. */
  state: string | null
  since_utc: string | null
  software: string | null
  outbox_depth: number | null
  last_seq: number | null
  /** How many sequence numbers have not arrived. */
  missing_count: number
  gaps: Gap[]
  cameras: CameraPlace[]
}

export interface Overview {
  edges: EdgePlace[]
  counts: { open: number; today: number; quarantined: number }
}
