// Calls of the half that is about cameras and cases.
import { below } from './http'
import type { CaseDetail, CasePage, Moment, Overview, Session } from './types'
import type { CaseName, Change } from './work'

export { ApiError, type Words, centreNow, problemOf, wordsOf } from './http'

const BASE = '/api/v1'

/** A picture from a phone on a slow line. */
const PICTURE_MS = 120_000

export const { call, file } = below(BASE)

/** Rows that the centre gives at once. */
const PAGE_ROWS = 200
/** A list that goes on beyond this is not read to its end. */
const MOST_PAGES = 500

/** Every row of a list, fetched page by page; `key` names the rows in the answer. */
export async function everyRow<T>(path: string, key: string): Promise<T[]> {
  const rows: T[] = []
  let after: string | null = null
  for (let pages = 0; pages < MOST_PAGES; pages += 1) {
    const params = new URLSearchParams({ limit: String(PAGE_ROWS) })
    if (after !== null) params.set('after', after)
    const page: Record<string, unknown> = await call('GET', `${path}${path.includes('?') ? '&' : '?'}${params}`)
    rows.push(...((page[key] ?? []) as T[]))
    if (typeof page.next !== 'string') break
    after = page.next
  }
  return rows
}

/** Which cases a list shows; what is left out does not narrow it. */
export interface CaseQuery {
  state?: string | undefined
  /** Only cases that somebody still has to do something about. */
  open?: true
  region?: string
  behavior?: string | undefined
  /** Only those of which this level or a higher one has been told. */
  told?: string
  /** Only those that were late in some part of the work. */
  late?: true
  /** Only those that I handle or am to handle. */
  mine?: true
  /** Numbers with commas. */
  number?: string
  /** Registered from then on, and before then. */
  from?: string | undefined
  until?: string | undefined
  limit?: number
  /** `next` of the page before. */
  after?: string | undefined
}

/** An alert as it is named: its box gave the id. */
export interface SplitAlert {
  edge: string
  alert_id: string
}

export interface Split {
  alerts: SplitAlert[]
  /** Id of the case that they go to; null: a new one. */
  into: string | null
  reason: string
}

export const api = {
  session: () => call<Session>('GET', '/session'),
  login: (user: string, password: string) => call<void>('POST', '/session', { user, password }),
  logout: () => call<void>('DELETE', '/session'),
  cases(query: CaseQuery) {
    const params = new URLSearchParams()
    for (const [key, value] of Object.entries(query)) if (value !== undefined) params.set(key, String(value))
    return call<CasePage>('GET', `/cases?${params}`)
  },
  case: (id: string) => call<CaseDetail>('GET', `/cases/${encodeURIComponent(id)}`),
  /** `version` is the one that was on screen: whoever looked at something older is refused. */
  change: (id: string, change: Change, version: number) =>
    call<CaseDetail>('POST', `/cases/${encodeURIComponent(id)}/changes`, { change, version }),
  /** Gives the case that the alerts went to. */
  split: (id: string, split: Split, version: number) =>
    call<CaseName>('POST', `/cases/${encodeURIComponent(id)}/split`, { version, ...split }),
  /** A picture of the work, base64. */
  addPicture: (id: string, picture: { content: string; moment: Moment; keep_place: boolean }) =>
    call<CaseDetail>('POST', `/cases/${encodeURIComponent(id)}/pictures`, picture, PICTURE_MS),
  overview: () => call<Overview>('GET', '/overview'),
}

/** Address of a stored file. */
export function evidenceUrl(sha256: string): string {
  return `${BASE}/evidence/${sha256}`
}

/** Address of its small picture, which an alarm that nobody has decided shows unasked. */
export function previewUrl(sha256: string): string {
  return `${BASE}/evidence/${sha256}/preview`
}

export const EVENTS_URL = `${BASE}/events`

/** The document of the API itself. */
export const DOCUMENT_URL = `${BASE}/openapi.json`
