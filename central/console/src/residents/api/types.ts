// What the residents' half of xunge-central sends and takes. Days are `2026-11-28`, times RFC 3339, regions digit codes.

export type Right = 'work' | 'see' | 'reveal' | 'keep' | 'try_rules' | 'use_rules' | 'count' | 'audit' | 'accounts'

export interface Post {
  role: string
  /** Empty: everywhere. */
  region: string
}

export interface Me {
  account: string
  full_name: string
  unit: string
  posts: Post[]
  rights: Right[]
}

export interface Region {
  code: string
  name: string
}

export interface PersonLine {
  person: number
  name: string
  id_masked: string
  /** Null where papers contradict each other. */
  sex: string | null
  born: string | null
  died: string | null
  moved_out: string | null
  home: Dwelling | null
}

export interface Dwelling {
  dwelling: number
  grid: string
  address: string
}

export interface Child {
  birth?: string
  sex?: string
  died?: string
  disabled?: boolean
  twin?: boolean
  adopted?: boolean
}

/** What is not known is left out. */
export interface Facts {
  sex?: string
  birth?: string
  hukou?: string
  hukou_rural?: boolean
  lives_since?: string
  household?: string
  relation?: string
  marital?: string
  identity?: string[]
  employed?: boolean
  retirement?: string
  died?: string
  moved_out?: string
  /** A worker was told so, and nobody has looked yet. */
  heard?: { gone: 'died' | 'moved_out'; day: string }
  /** It is the same person as another one: out of use. */
  same_as?: { person: number; since: string }
  settled_birth?: { day: string; against: string }
  settled_sex?: string
  children?: Child[]
  certificates?: Record<string, { issued?: string; revoked?: string } | null>
  days?: Record<string, string>
}

export interface TaskLine {
  task: number
  rule: string
  /** Empty: a person looks at it. */
  title: string
  /** With `@2027-01` behind it, a visit of that month. */
  occasion: string
  version: number
  state: string
  outcome: string | null
  told: number
}

export interface Conflict {
  person: number
  name: string
  grid: string | null
  kind: string
  /** Both sides of it; of `stop` a line for each benefit: title, occasion, what is wanted, what was found, with tabs between. */
  detail: string
  found_utc: string
  settled_utc: string | null
  /** Empty: it settled by itself. */
  settled_by: string | null
  settlement: string | null
}

export interface PersonView extends PersonLine {
  phone_masked: string | null
  facts: Facts
  conflicts: Conflict[]
  tasks: TaskLine[]
  gaps: { rule: string; title: string; missing: string[] }[]
}

export type Hidden = 'id_number' | 'phone'

export interface Occasion {
  occasion: string
  due: string
  apply: string
  tell: string[]
  expires: string
  why: string
}

export type Verdict =
  | { kind: 'matched'; occasions: Occasion[]; missing: string[] }
  | { kind: 'pending'; missing: string[] }
  | { kind: 'unmatched'; reasons: { wanted: string; found: string }[] }
  | { kind: 'handed_over' }

export interface Explained {
  rule: string
  version: number
  title: string
  basis: string
  verdict: Verdict
  tasks: TaskLine[]
}

export interface TaskView {
  task: number
  person: number
  name: string
  grid: string
  address: string | null
  /** `hand-over`: a person looks at it. */
  rule: string
  title: string
  occasion: string
  state: string
  due: string
  apply: string
  deadline: string | null
  released: string | null
  told: number
  outcome: string | null
  note: string | null
}

export interface TaskDetail extends TaskView {
  phone_masked: string | null
  basis: string
  department: string
  /** Region whose office takes the application. */
  office: string | null
  marital: string | null
  steps: string[]
  /** Places in `steps`, from 0. */
  done: number[]
}

export interface Call extends TaskView {
  phone: string | null
}

export interface RuleVersion {
  version: number
  title: string
  text: string
  made_utc: string
  made_by: string
  /** Who asked for it, where a second person is to agree. */
  asked_by: string | null
}

export interface RuleView {
  rule: string
  live: number | null
  began: string | null
  versions: RuleVersion[]
}

export interface RuleProblem {
  line: number
  column: number
  zh: string
  en: string
}

export interface Checked {
  rules: { id: string; version: number; title: string }[]
  problems: RuleProblem[]
}

export interface Tried {
  id: string
  version: number
  title: string
  reminded: number
  pending: number
  handed_over: number
  /** Reminders that are there already. */
  there: number
  grids: { grid: string; reminded: number }[]
}

export interface Count {
  rule: string
  title: string
  part: string
  state: string
  outcome: string | null
  tasks: number
  late: number
}

export interface Scan {
  day: string
  /** When; of several on one day the last. */
  utc: string
  looked_at: number
  made: number
  pending: number
  released: number
  told: number
  ended: number
}

export interface Statistics {
  counts: Count[]
  gaps: { rule: string; title: string; missing: string[]; people: number }[]
  scans: Scan[]
}

/** The import that runs. */
export interface RunningImport {
  by: string
  /** Not told of files of others to whoever looks after some regions. */
  file: string | null
  dry_run: boolean
  /** 0 while the file still comes. */
  rows: number
}

export interface ImportRun {
  run: number
  utc: string
  by: string
  file: string
  complete: string | null
  added: number
  changed: number
  same: number
  departed: number
  refused: number
}

export interface ImportProblem {
  /** From 1 (the headings); 0 is the file as a whole. */
  line: number
  zh: string
  en: string
}

export interface ImportDone {
  /** False after a dry run. */
  applied: boolean
  added: number
  changed: number
  same: number
  departed: number
  refused: number
  conflicts: number
  problems: ImportProblem[]
  /** Headings that mean nothing here. */
  ignored: string[]
}

export interface Column {
  name: string
  headings: string[]
  zh: string
  en: string
  required: boolean
}

export interface Workday {
  day: string
  works: boolean
}

export interface WorkdayChange {
  day: string
  /** Null: as its weekday says. */
  works: boolean | null
}

export interface Workdays {
  year: number
  known: boolean
  next_known: boolean
  days: Workday[]
}

export interface AccountView {
  account: string
  full_name: string
  unit: string
  closed: boolean
  posts: Post[]
}

export interface AccountChange {
  full_name?: string
  unit?: string
  posts?: Post[]
  closed?: boolean
  new_password?: true
}

export interface Entry {
  ordinal: number
  utc: string
  account: string
  place: string
  what: string
  person: number | null
  reason: string
  detail: string
  hash: string
}

export interface LogCheck {
  entries: number
  head: string
  broken_at: number | null
}
