// Emergency plans, resources, and other systems that are told of cases, as xunge-central sends and takes them.
import { call } from './client'
import type { Tick } from './work'

export interface Words {
  zh: string
  en?: string
}

export interface PlanStep extends Words {
  required: boolean
  /** After the plan opened; left out: no matter when. */
  deadline_secs?: number
  /** Left out: anybody. */
  role?: string
}

export interface PlanBody {
  title: Words
  /** Empty: all. */
  behaviors: string[]
  /** Empty: any. */
  places: string[]
  /** For this urgency and above. */
  severity: number
  /** Null: everywhere. */
  region: string | null
  enabled: boolean
  steps: PlanStep[]
}

export interface PlanView {
  id: string
  version: number
  body: PlanBody
  /** `system` where it came with the program. */
  by: string
  made_utc: string
  may_write: boolean
}

export interface CaseStep extends PlanStep {
  due_utc: string | null
  tick: Tick | null
  late: boolean
}

export interface CasePlan {
  plan: string
  version: number
  title: Words
  opened_utc: string
  steps: CaseStep[]
  /** Required steps that nobody has done, from 0. */
  missing: number[]
}

export interface Resource {
  id: string
  kind: string
  name: string
  region: string
  phone: string
  note: string
  position: { lon: number; lat: number } | null
}

export interface Near extends Resource {
  /** Null where either place is not known. */
  metres: number | null
}

export interface Wish {
  name: string
  url: string
  region: string | null
  news: string[]
  severity: number
  format: string
  enabled: boolean
}

export interface HookView extends Wish {
  id: string
  by: string
  made_utc: string
  /** Tries in a row that failed because of the receiver. */
  failures: number
  rests_until_utc: string | null
  waiting: number
  waiting_since_utc: string | null
  given_up: number
}

export interface HookMessage {
  id: string
  ordinal: number
  case_id: string | null
  case_number: string | null
  news: string
  state: string
  made_utc: string
  due_utc: string | null
  attempts: number
  last_utc: string | null
  status: number | null
  error: string
}

const name = encodeURIComponent

export const outside = {
  plans: () => call<{ plans: PlanView[]; may_add: boolean }>('GET', '/plans'),
  versions: (id: string) => call<{ versions: PlanView[] }>('GET', `/plans/${name(id)}`),
  addPlan: (body: PlanBody) => call<{ id: string; version: number }>('POST', '/plans', { body }),
  changePlan: (id: string, body: PlanBody, shown: number) =>
    call<{ id: string; version: number }>('POST', `/plans/${name(id)}`, { body, shown }),
  casePlan: (id: string) => call<{ plan: CasePlan | null }>('GET', `/cases/${name(id)}/plan`),
  nearby: (id: string) => call<{ resources: Near[]; placed: boolean }>('GET', `/cases/${name(id)}/resources`),
  resources: () => call<{ resources: Resource[] }>('GET', '/org/resources'),
  removeResource: (id: string) => call<void>('POST', `/org/resources/${name(id)}`, { act: 'remove' }),
  hooks: () => call<{ hooks: HookView[]; allow_http: boolean }>('GET', '/hooks'),
  addHook: (wish: Wish) => call<{ id: string; secret: string }>('POST', '/hooks', wish),
  changeHook: (id: string, wish: Wish) => call<void>('PUT', `/hooks/${name(id)}`, wish),
  actOnHook: (id: string, act: 'test' | 'secret' | 'remove') =>
    call<{ secret?: string; message?: string }>('POST', `/hooks/${name(id)}`, { act }),
  hookMessages: (id: string, before: number | null) =>
    call<{ messages: HookMessage[]; next: number | null }>(
      'GET',
      `/hooks/${name(id)}/messages${before === null ? '' : `?before=${before}`}`,
    ),
  resend: (id: string, message: string) =>
    call<void>('POST', `/hooks/${name(id)}/messages/${name(message)}`, { act: 'resend' }),
}

/** Address of a case as CAP 1.2. */
export function capUrl(id: string): string {
  return `/api/v1/cases/${name(id)}/cap`
}
