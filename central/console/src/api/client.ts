// Calls to xunge-central. Every failure becomes one ApiError, so pages need to know one shape only.
import type { CaseDetail, CasePage, Decision, Overview, Session } from './types'

const BASE = '/api/v1'
/** A call that has no answer by then counts as a lost connection. */
const TIMEOUT_MS = 15_000

/** The centre refused (`status` is HTTP's) or could not be reached (`status` 0). */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    /** The server's own sentence, if it sent one. */
    readonly detail: string | null,
  ) {
    super(detail ?? `HTTP ${status}`)
    this.name = 'ApiError'
  }
}

async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
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
      signal: AbortSignal.timeout(TIMEOUT_MS),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  } catch {
    throw new ApiError(0, null)
  }
  if (!response.ok) throw new ApiError(response.status, await problemDetail(response))
  if (response.status === 204) return undefined as T
  try {
    return (await response.json()) as T
  } catch {
    throw new ApiError(0, null)
  }
}

async function problemDetail(response: Response): Promise<string | null> {
  if (!response.headers.get('Content-Type')?.includes('json')) return null
  try {
    const problem = (await response.json()) as { detail?: unknown; title?: unknown }
    const text = problem.detail ?? problem.title
    return typeof text === 'string' ? text : null
  } catch {
    return null
  }
}

export const api = {
  session: () => call<Session>('GET', '/session'),
  login: (user: string, password: string) => call<void>('POST', '/session', { user, password }),
  logout: () => call<void>('DELETE', '/session'),
  cases(query: { state?: string | undefined; limit?: number; before?: string | undefined }) {
    const params = new URLSearchParams()
    for (const [key, value] of Object.entries(query)) if (value !== undefined) params.set(key, String(value))
    return call<CasePage>('GET', `/cases?${params}`)
  },
  case: (id: string) => call<CaseDetail>('GET', `/cases/${encodeURIComponent(id)}`),
  decide: (id: string, decision: Decision) =>
    call<CaseDetail>('POST', `/cases/${encodeURIComponent(id)}/verdict`, decision),
  overview: () => call<Overview>('GET', '/overview'),
}

/** Address of a stored file. */
export function evidenceUrl(sha256: string): string {
  return `${BASE}/evidence/${sha256}`
}

export const EVENTS_URL = `${BASE}/events`
