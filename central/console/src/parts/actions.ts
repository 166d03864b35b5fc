// What a person can do to a case besides the verdict: which words and values each change takes. Pure.
import type { CaseDetail } from '@/api/types'
import type { Change } from '@/api/work'

/** `region`, `user`, `number`: one line; `case`: number or address of another case. */
export type FieldKind = 'words' | 'region' | 'user' | 'number' | 'case' | 'yesno' | 'time'

export interface Field {
  /** As in the change. */
  name: string
  kind: FieldKind
  /** Whether nothing may be said. */
  optional?: boolean
}

export interface Action {
  /** Of the change. */
  name: string
  /** None: one press is enough. */
  fields: Field[]
}

export type Value = string | boolean | null
export type Values = Record<string, Value>

const needed = (name: string): Field => ({ name, kind: 'words' })
const remark = (name: string): Field => ({ name, kind: 'words', optional: true })

/** In the order of the work. `decided` has a panel of its own. */
export const ACTIONS: Action[] = [
  { name: 'taken', fields: [] },
  {
    name: 'dispatched',
    fields: [{ name: 'region', kind: 'region' }, { name: 'user', kind: 'user', optional: true }, remark('note')],
  },
  { name: 'accepted', fields: [] },
  { name: 'arrived', fields: [] },
  {
    name: 'handled',
    fields: [
      needed('note'),
      // With a picture of afterwards it only says why the work was not reported from the spot.
      needed('excuse'),
      { name: 'lon', kind: 'number', optional: true },
      { name: 'lat', kind: 'number', optional: true },
    ],
  },
  { name: 'checked', fields: [{ name: 'passed', kind: 'yesno' }, remark('note')] },
  { name: 'returned', fields: [needed('reason')] },
  { name: 'escalated', fields: [needed('reason')] },
  { name: 'approved', fields: [needed('note')] },
  { name: 'urged', fields: [needed('reason')] },
  { name: 'pause_asked', fields: [needed('cause'), { name: 'review_utc', kind: 'time' }] },
  { name: 'pause_answered', fields: [{ name: 'approved', kind: 'yesno' }, remark('note')] },
  { name: 'resumed', fields: [] },
  { name: 'reopened', fields: [needed('reason')] },
  { name: 'merged', fields: [{ name: 'master', kind: 'case' }, remark('reason')] },
  { name: 'detached', fields: [remark('reason')] },
  { name: 'void_asked', fields: [needed('reason')] },
  { name: 'void_answered', fields: [{ name: 'approved', kind: 'yesno' }] },
  { name: 'noted', fields: [needed('note')] },
]

/**
 * The actions that are possible now. A change that this page does not know has no form to fill in. Who has taken a case
 * need not take it again.
 */
export function actionsOf({ may, case: { taken } }: CaseDetail, user: string): Action[] {
  return ACTIONS.filter(({ name }) => may.includes(name) && !(name === 'taken' && taken?.by === user))
}

/** Who has it already is told that it goes to another. */
export function labelOf(name: string, detail: CaseDetail): string {
  if (name === 'taken' && detail.case.taken !== null) return 'retaken'
  return name === 'dispatched' && detail.case.assigned !== null ? 'redispatched' : name
}

/** What a form begins with. */
export function blank({ fields }: Action, detail: CaseDetail, nowMs: number): Values {
  const first = ({ kind }: Field): Value => {
    if (kind === 'region') return detail.region
    if (kind === 'time') return tomorrow(nowMs)
    return kind === 'yesno' ? null : ''
  }
  return Object.fromEntries(fields.map((field) => [field.name, first(field)]))
}

const REGION = /^(\d{4}|\d{6}|\d{9}|\d{12}|\d{15})$/
const DEGREES = /^[-+]?\d{1,3}(\.\d+)?$/

/** What is wrong with what was entered: the field, and the name of a sentence about it. */
export interface Lack {
  field: string
  why: 'words' | 'region' | 'choice' | 'time' | 'degrees' | 'half' | 'case'
}

export function lackOf(action: Action, values: Values, nowMs: number): Lack | null {
  for (const field of action.fields) {
    const why = lack(field, values, nowMs)
    if (why !== null) return { field: field.name, why }
  }
  return null
}

function lack({ name, kind, optional }: Field, values: Values, nowMs: number): Lack['why'] | null {
  const text = textOf(values, name)
  switch (kind) {
    case 'yesno':
      return values[name] === null ? 'choice' : null
    case 'region':
      return REGION.test(text) ? null : 'region'
    case 'case':
      return text === '' ? 'case' : null
    case 'time':
      // Not "later or equal": what cannot be read is not later than anything.
      return Date.parse(text) > nowMs ? null : 'time'
    case 'number':
      return degreesLack(name, text, values)
    default:
      if (name === 'excuse' && picturesIn(values).length > 0) return null
      // A check that finds it undone must say what is.
      return text === '' && (!optional || values.passed === false) ? 'words' : null
  }
}

function degreesLack(name: string, text: string, values: Values): Lack['why'] | null {
  if (text === '') return textOf(values, name === 'lon' ? 'lat' : 'lon') === '' ? null : 'half'
  const most = name === 'lon' ? 180 : 90
  return DEGREES.test(text) && Math.abs(Number(text)) <= most ? null : 'degrees'
}

/** The change that was asked for; `values` lack nothing. */
export function changeOf(name: string, values: Values): Change {
  const change: Change = { change: name }
  const words = (field: 'note' | 'reason' | 'cause' | 'excuse' | 'master') => {
    const text = textOf(values, field)
    if (text !== '') change[field] = text
  }
  for (const field of ['note', 'reason', 'cause', 'excuse', 'master'] as const) words(field)
  if (typeof values.approved === 'boolean') change.approved = values.approved
  if (typeof values.passed === 'boolean') change.passed = values.passed
  if ('review_utc' in values) change.review_utc = new Date(textOf(values, 'review_utc')).toISOString()
  if ('region' in values) {
    const user = textOf(values, 'user')
    change.to = { region: textOf(values, 'region'), ...(user === '' ? {} : { user }) }
  }
  if (name === 'handled') {
    change.pictures = picturesIn(values)
    if (textOf(values, 'lon') !== '') {
      change.fix = { lon: Number(textOf(values, 'lon')), lat: Number(textOf(values, 'lat')) }
    }
  }
  return change
}

/** Pictures that prove the work: their SHA-256, apart by spaces. */
function picturesIn(values: Values): string[] {
  return textOf(values, 'pictures').split(' ').filter((one) => one !== '')
}

function textOf(values: Values, name: string): string {
  const value = values[name]
  return typeof value === 'string' ? value.trim() : ''
}

/** Tomorrow at ten, as an input for local times wants it. */
export function tomorrow(nowMs: number): string {
  const day = new Date(nowMs)
  day.setDate(day.getDate() + 1)
  const two = (part: number) => String(part).padStart(2, '0')
  return `${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}T10:00`
}
