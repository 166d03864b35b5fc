// Files of residents. A file may be large: it goes as it is, and the answer comes line by line while it is read.
import { ApiError, problemOf, wordsOf } from '@/api/http'
import { BASE, call, query } from './calls'
import { lineReader } from './lines'
import type { Column, ImportDone, ImportRun, RunningImport } from './types'

export interface ImportAsked {
  file: File
  dryRun: boolean
  /** The file lists everybody who lives in this region; empty: it does not say so. */
  complete: string
  manyDepartures: boolean
  /** Heading to column; empty: headings speak for themselves. */
  columns: Record<string, string>
}

/** The centre takes no larger file. */
export const MOST_BYTES = 2 * 1024 * 1024 * 1024

type Line = { rows?: number; done?: ImportDone; problem?: { code?: string; zh?: string; en?: string } }

export const keep = {
  imports: () => call<{ running: RunningImport | null; imports: ImportRun[] }>('GET', '/imports'),
  columns: () => call<{ columns: Column[] }>('GET', '/import/columns'),
  bring,
}

/** The status of a problem that comes after the answer has begun. */
const LATE = 422

async function bring(asked: ImportAsked, progress: (rows: number) => void): Promise<ImportDone> {
  const response = await send(asked)
  if (!response.ok) throw await problemOf(response)
  if (response.body === null) throw new ApiError(0, null)
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
  const lines = lineReader()
  let done: ImportDone | null = null
  const hear = (values: unknown[]) => {
    for (const line of values as Line[]) {
      if (line.problem) throw new ApiError(LATE, wordsOf(line.problem.zh ?? null, line.problem.en ?? null), line.problem.code ?? null)
      if (line.done) done = line.done
      else if (line.rows !== undefined) progress(line.rows)
    }
  }
  for (;;) {
    const { value, done: over } = await reader.read().catch(broken)
    hear(over ? lines.end() : lines.take(value))
    if (over) break
  }
  // The connection ended before the import did.
  if (done === null) throw new ApiError(0, null)
  return done
}

function broken(): never {
  throw new ApiError(0, null)
}

async function send({ file, dryRun, complete, manyDepartures, columns }: ImportAsked): Promise<Response> {
  const asked = query({
    file: file.name,
    dry_run: String(dryRun),
    complete,
    many_departures: manyDepartures,
    columns: Object.keys(columns).length === 0 ? '' : JSON.stringify(columns),
  })
  try {
    return await fetch(`${BASE}/import${asked}`, {
      method: 'POST',
      credentials: 'same-origin',
      headers: { Accept: 'application/x-ndjson', 'X-Xunge': '1', 'Content-Type': 'application/octet-stream' },
      body: file,
    })
  } catch {
    return broken()
  }
}
