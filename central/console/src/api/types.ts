// What xunge-central sends, field by field as in its web API. Names a reader does not know stay strings.
import type { Called, Case, CaseName, Change, Deadline, Decision } from './work'

export type Phase = 'began' | 'updated' | 'ended'

/** `[x, y, width, height]`, fractions of the frame, origin top left. */
export type Box = [number, number, number, number]

/** A role in a region; null is everywhere. */
export interface Post {
  role: string
  region: string | null
}

export interface Session {
  user: string
  posts: Post[]
}

export interface CaseSummary {
  id: string
  number: string
  state: string
  /** Which level is responsible. */
  level: string
  /** Highest level that has been told that something is late. */
  told: string
  /** Grid of the camera, else the community. */
  region: string
  /** Who has taken it on. */
  handler: string | null
  /** When the part of the work that is being done has to be done. */
  due_utc: string | null
  /** Parts of the work that were late. */
  late_stages: string[]
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
  /** Who was called because it is late, as long as nobody has answered; an older centre does not say. */
  called?: Called[]
  /** Somebody in the security room has taken it; an older centre does not say. */
  taken?: boolean
}

export interface CasePage {
  cases: CaseSummary[]
  /** Give it back as `after` for the next page; null: there is none. */
  next: string | null
}

export interface Evidence {
  kind: string
  sha256: string
  media_type: string
  bytes: number
  /** False while the box has not delivered the file, and once it was purged. */
  stored: boolean
  /** When it was purged, its time of keeping being over. */
  purged_utc?: string
  /** Line of the ledger that proves it. */
  purge_seq?: number
}

export interface CaseAlert {
  /** An older centre does not say: the box of the case then. */
  edge?: string
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
  codes: Codes
  evidence: Evidence[]
}

/** An alert in the codes of GB/T 28181 and ONVIF; left out where the standard has none. */
export interface Codes {
  alarm_priority: number
  alarm_method: number
  alarm_type?: number
  event_type?: number
  onvif_topic?: string
}

export interface LogEntry {
  index: number
  utc: string
  actor: string
  change: Change
  hash: string
}

export type Moment = 'before' | 'after'

/** A picture that somebody brought. */
export interface CasePicture {
  sha256: string
  bytes: number
  moment: Moment
  /** Where it was taken, where whoever brought it agreed. */
  fix: { lon: number; lat: number } | null
  by: string
  utc: string
  /** False once it was purged. */
  stored: boolean
  purged_utc?: string
}

export interface CaseDetail extends CaseSummary {
  verdict: Decision | null
  case: Case
  /** Names of the changes that whoever is logged in could make now. */
  may: string[]
  /** Next steps of the deadlines that run. */
  deadlines: Deadline[]
  /** When each part of the work has to be done, by stage. */
  clocks: Record<string, string>
  /** Cases that were merged into it. */
  merged: CaseName[]
  alerts: CaseAlert[]
  /** Pictures of the work, oldest first; an older centre does not say. */
  pictures?: CasePicture[]
  log: LogEntry[]
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
  evidence: {
    kept_in: 'folder' | 's3'
    /** It cannot be reached: boxes keep their files, and nothing is shown. */
    away: boolean
    /** The bucket keeps what is purged as an older version. */
    keeps_versions: boolean
  }
}
