// What is held back, why something rang or did not, and messages that could not be taken.
import { call } from './client'
import type { Codes } from './types'

export type QuietKind = 'shelves' | 'maintenance'

export interface WindowView {
  id: string
  edge: string
  /** Null: all of the box. */
  camera: string | null
  /** Null: all of the camera. */
  rule: string | null
  /** `chatter` where a rule shelved itself. */
  reason: string
  by: string
  /** Counts only once a second person has agreed. */
  pending: boolean
  second: string | null
  from_utc: string
  until_utc: string
  ended_utc: string | null
  ended_by: string | null
  /** How many alerts it has held back. */
  held: number
}

export interface NewWindow {
  edge: string
  camera?: string
  rule?: string
  reason: string
  until_utc: string
}

export type Because = { reason: 'place'; place: string } | { reason: 'hour' } | { reason: 'period'; name: string }

export type WhyNew =
  | { why: 'none_open' | 'more_urgent' | 'test' | 'full' }
  | { why: 'pause'; pause_secs: number; window_secs: number }

type Holding =
  | { by: 'tampered'; incident: string; since_utc: string }
  | { by: 'maintenance'; window: string; until_utc: string }
  | { by: 'shelved'; shelf: string; until_utc: string }

/** One step of an alert's way. A newer centre may send steps that are not here. */
export type Step =
  | { step: 'received'; utc: string; seq: number; revision: number; severity: number; late: boolean }
  | { step: 'clock_wrong'; said_utc: string }
  | { step: 'raised'; from: number; to: number; because: Because[] }
  | ({ step: 'held' | 'rings_anyway' } & Holding)
  | { step: 'chatters'; last_minute: number; last_ten_minutes: number; shelf: string | null }
  | { step: 'episode'; incident: string; pause_secs: number; window_secs: number }
  | { step: 'new_episode'; incident: string; because: WhyNew }
  | { step: 'correlated'; case: string; behavior: string; metres: number | null }
  | { step: 'new_case'; case: string }
  | { step: 'moved'; by: string; utc: string; case: string }

export interface AlertWhy {
  edge: string
  alert_id: string
  region: string
  camera: string
  rule: string
  behavior: string
  /** As it counts at the centre. */
  severity: number
  /** `case`, `inhibited`, `shelved`. */
  standing: string
  case_id: string | null
  since_utc: string
  utc: string
  received_utc: string
  late: boolean
  codes: Codes
  /** Empty for alerts of before ways were kept. */
  path: Step[]
}

export interface BlindView {
  began_utc: string
  ended_utc: string | null
  cause: string
}

export interface CameraWhy {
  at_utc: string
  /** Null where the box was not known then. */
  box_known_utc: string | null
  blind: BlindView[]
  shelves: WindowView[]
  maintenance: WindowView[]
  /** Numbers that never came from its box, whenever that was. */
  missing: number
  /** A quarter of an hour around the moment. */
  alerts: AlertWhy[]
}

export interface QuarantineView {
  topic: string
  reason: string
  times: number
  bytes: number
  first_utc: string
  last_utc: string
  /** Its beginning, as text. */
  payload: string
}

const name = encodeURIComponent

export const quiet = {
  list: (kind: QuietKind, past: boolean) => call<{ windows: WindowView[] }>('GET', `/quiet/${kind}?past=${past}&limit=200`),
  add: (kind: QuietKind, window: NewWindow) =>
    call<{ id: string; pending: boolean }>('POST', `/quiet/${kind}`, window),
  act: (kind: QuietKind, id: string, act: 'end' | 'agree') => call<void>('POST', `/quiet/${kind}/${name(id)}`, { act }),
  alertWhy: (edge: string, id: string) => call<AlertWhy>('GET', `/alerts/${name(edge)}/${name(id)}/why`),
  cameraWhy: (edge: string, camera: string, at: string) =>
    call<CameraWhy>('GET', `/cameras/${name(edge)}/${name(camera)}/why?at=${name(at)}`),
  quarantine: () => call<{ messages: QuarantineView[] }>('GET', '/quarantine?limit=200'),
}
