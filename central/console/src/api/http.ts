// Calls to xunge-central, for both halves of it. Every failure becomes one ApiError, so pages need to know one shape only.

/** A call that has no answer by then counts as a lost connection. */
const TIMEOUT_MS = 15_000

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

/** The calls below an address, such as `/api/v1`. */
export function below(base: string) {
  async function call<T>(method: string, path: string, body?: unknown, timeoutMs = TIMEOUT_MS): Promise<T> {
    const response = await ask(method, base + path, body, timeoutMs)
    if (response.status === 204) return undefined as T
    try {
      return (await response.json()) as T
    } catch {
      throw new ApiError(0, null)
    }
  }

  /** A file that the centre makes. */
  async function file(path: string, body: unknown, timeoutMs: number): Promise<Blob> {
    const response = await ask('POST', base + path, body, timeoutMs)
    try {
      return await response.blob()
    } catch {
      throw new ApiError(0, null)
    }
  }
  return { call, file }
}

async function ask(method: string, address: string, body: unknown, timeoutMs: number): Promise<Response> {
  const headers: Record<string, string> = { Accept: 'application/json' }
  if (method !== 'GET') {
    // The server takes changes only with this header, which a foreign page cannot send.
    headers['X-Xunge'] = '1'
    headers['Content-Type'] = 'application/json'
  }
  let response: Response
  try {
    response = await fetch(address, {
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
