// Calls to xunge-central. Every failure becomes one ApiError, so pages need to know one shape only.
import type { CaseDetail, CasePage, Moment, Overview, Session } from './types'
import type { CaseName, Change } from './work'

const BASE = '/api/v1'
/** A call that has no answer by then counts as a lost connection. */
const TIMEOUT_MS = 15_000

/** A picture from a phone on a slow line. */
const PICTURE_MS = 120_000

/** A sentence of the server in both languages. */
export interface Words {
  zh: string
  en: string
}

/** The centre refused (`status` is HTTP's) or could not be reached (`status` 0). */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    /** The server's own sentence, if it sent one. */
    readonly words: Words | null,
    /** Its short name for what is wrong, such as `version_differs`. */
    readonly code: string | null = null,
  ) {
    super(words?.en ?? `HTTP ${status}`)
    this.name = 'ApiError'
  }
}

/** By how much the centre's clock is ahead of the browser's. */
let aheadMs = 0

/** The centre's time as far as it is known; never later than it really is, since `Date` has whole seconds only. */
export function centreNow(here = Date.now()): number {
  return here + aheadMs
}

export async function call<T>(method: string, path: string, body?: unknown, timeoutMs = TIMEOUT_MS): Promise<T> {
  const response = await ask(method, path, body, timeoutMs)
  if (response.status === 204) return undefined as T
  try {
    return (await response.json()) as T
  } catch {
    throw new ApiError(0, null)
  }
}

/** A file that the centre makes. */
export async function file(path: string, body: unknown, timeoutMs: number): Promise<Blob> {
  const response = await ask('POST', path, body, timeoutMs)
  try {
    return await response.blob()
  } catch {
    throw new ApiError(0, null)
  }
}

async function ask(method: string, path: string, body: unknown, timeoutMs: number): Promise<Response> {
  const headers: Record<string, string> = { Accept: 'application/json' }
  if (method !== 'GET') {
    // The server takes changes only with this header, which a foreign page cannot send.
    headers['X-Xunge'] = '1'
    headers['Content-Type'] = 'application/json'
  }
  let response: Response
  try {
    response = await fetch(BASE + path, {
      method,
      headers,
      credentials: 'same-origin',
      signal: AbortSignal.timeout(timeoutMs),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  } catch {
    throw new ApiError(0, null)
  }
  const said = Date.parse(response.headers.get('Date') ?? '')
  if (!Number.isNaN(said)) aheadMs = said - Date.now()
  if (!response.ok) throw await problemOf(response)
  return response
}

export async function problemOf(response: Response): Promise<ApiError> {
  const text = (value: unknown) => (typeof value === 'string' ? value : null)
  if (!response.headers.get('Content-Type')?.includes('json')) return new ApiError(response.status, null)
  try {
    const { zh, en, code } = (await response.json()) as Record<string, unknown>
    return new ApiError(response.status, wordsOf(text(zh), text(en)), text(code))
  } catch {
    return new ApiError(response.status, null)
  }
}

/** The centre says its sentence in both languages; a proxy in front of it may say none. */
export function wordsOf(zh: string | null, en: string | null): Words | null {
  const one = zh ?? en
  return one === null ? null : { zh: zh ?? one, en: en ?? one }
}

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
