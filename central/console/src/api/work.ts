// How a case is worked on, as xunge-central says it. Names a reader does not know stay strings.

export type Verdict = 'real' | 'false_alarm' | 'unclear' | 'missed'

/** Who did something, and when; `by` is `system` where a deadline did. */
export interface Mark {
  by: string
  utc: string
}

export interface Decision extends Mark {
  verdict: Verdict
  reason: string | null
  note: string | null
}

export interface Assignee {
  region: string
  user?: string
}

/** WGS-84 degrees. */
export interface Fix {
  lon: number
  lat: number
}

export interface Work {
  note: string
  /** Pictures of afterwards, by their SHA-256. */
  pictures?: string[]
  fix?: Fix
  /** From the camera, where both places are known. */
  distance_m?: number
  excuse?: string
}

export interface Urge {
  level: string
  mark: Mark
  /** Null where a deadline urged. */
  reason: string | null
}

export interface Pause {
  cause: string
  review_utc: string
  asked: Mark
  /** Null while nobody has agreed. */
  approved: Mark | null
}

/** Somebody who was called because nobody took it. */
export interface Called {
  user: string
  utc: string
  level: string
}

/** What the changes of a case have made of it. */
export interface Case {
  state: string
  version: number
  severity: number
  level: string
  told: string
  rung: number
  taken: Mark | null
  /** It could not be told from the pictures, and somebody has to go there. */
  on_site: boolean
  decision: Decision | null
  class: string | null
  category: string | null
  assigned: { to: Assignee; mark: Mark; note: string | null } | null
  handler: Mark | null
  arrived_utc: string | null
  approval: Mark | null
  pause: Pause | null
  pauses: number
  outcome: { work: Work; mark: Mark } | null
  checked: Mark | null
  reworks: number
  /** Newest last. */
  urges: Urge[]
  /** Parts of the work that were late. */
  late: string[]
  merged: { master: string; from: string } | null
  void_asked: { reason: string; mark: Mark } | null
  closed_utc: string | null
  /** In order; an older centre does not say. */
  called?: Called[]
  /** Left out where no emergency plan opened with it. */
  plan?: OpenPlan
}

/** The checklist of an emergency plan; its words are fetched apart. */
export interface OpenPlan {
  plan: string
  version: number
  steps: number
  /** Steps by their place from 0. */
  required: number[]
  opened_utc: string
  ticks: Record<string, Tick>
}

export interface Tick {
  mark: Mark
  note?: string
}

/**
 * A change: as it stands in the hash chain, and as a person asks for it. Which fields it has depends on `change`;
 * a newer centre may know changes and fields that are not here.
 */
export interface Change extends Partial<Work> {
  change: string
  verdict?: string
  /** A code for `decided`, a text for all others. */
  reason?: string
  class?: string
  category?: string
  severity?: number
  /** Of `dispatched` whom, of `split` which case. */
  to?: Assignee | string
  cause?: string
  review_utc?: string
  approved?: boolean
  passed?: boolean
  master?: string
  stage?: string
  percent?: number
  /** Of `registered` and `joined`: the case that it was split from. */
  from?: string
  /** Of `registered`, `joined` and `split`: which alert. */
  edge?: string
  alert_id?: string
  /** Of `called`: whom, and for which level. */
  user?: string
  level?: string
  /** Place of a step of the checklist, from 0. */
  step?: number
  done?: boolean
  /** Of `pictured`. */
  sha256?: string
  moment?: string
  /** Of `plan_opened`. */
  plan?: string
  version?: number
}

/** The next step of a deadline. */
export interface Deadline {
  stage: string
  /** Of the time that was given: 80 warns, 100 is late, beyond that it goes up. */
  percent: number
  due_utc: string
}

export interface CaseName {
  id: string
  number: string
}
