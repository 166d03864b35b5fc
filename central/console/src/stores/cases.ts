// The live list as a pure value: what happens to it when a case arrives. Nothing here knows Vue or the network.
import type { CaseSummary } from '@/api/types'

/** More rows than anybody scrolls through; older ones are a page load away. */
export const MAX_ROWS = 500

export interface CaseList {
  /** Shown, newest first. */
  rows: CaseSummary[]
  /** Arrived while the list must not move; newest first. */
  held: CaseSummary[]
}

export type Matches = (summary: CaseSummary) => boolean

export const empty: CaseList = { rows: [], held: [] }

/** Newest first by when it began; the id settles ties, so that the order never depends on arrival. */
export function newestFirst(a: CaseSummary, b: CaseSummary): number {
  return Date.parse(b.since_utc) - Date.parse(a.since_utc) || (a.id < b.id ? 1 : a.id > b.id ? -1 : 0)
}

/** Events and pages overtake each other: is `known` already newer than `incoming`? */
export function overtaken(known: CaseSummary, incoming: CaseSummary): boolean {
  if (known.version !== incoming.version) return known.version > incoming.version
  return Date.parse(known.updated_utc) > Date.parse(incoming.updated_utc)
}

function put(rows: CaseSummary[], incoming: CaseSummary): CaseSummary[] {
  const rest = rows.filter((row) => row.id !== incoming.id)
  const at = rest.findIndex((row) => newestFirst(incoming, row) < 0)
  rest.splice(at < 0 ? rest.length : at, 0, incoming)
  return rest.slice(0, MAX_ROWS)
}

/** A case arrived. With `hold` no row appears, vanishes or moves; rows only change in place. */
export function arrive(list: CaseList, incoming: CaseSummary, matches: Matches, hold: boolean): CaseList {
  const shown = list.rows.find((row) => row.id === incoming.id)
  const known = shown ?? list.held.find((row) => row.id === incoming.id)
  if (known && overtaken(known, incoming)) return list
  if (shown) {
    if (!hold && !matches(incoming)) return { ...list, rows: list.rows.filter((row) => row.id !== incoming.id) }
    return { ...list, rows: list.rows.map((row) => (row.id === incoming.id ? incoming : row)) }
  }
  if (!matches(incoming)) return { ...list, held: list.held.filter((row) => row.id !== incoming.id) }
  return hold ? { ...list, held: put(list.held, incoming) } : { ...list, rows: put(list.rows, incoming) }
}

/** The list may move again: what was held appears, what no longer belongs goes. */
export function release(list: CaseList, matches: Matches): CaseList {
  let rows = list.rows.filter(matches)
  for (const summary of list.held) rows = put(rows, summary)
  return { rows, held: [] }
}

/** A fresh first page replaces everything, but never puts an older state over a newer one. */
export function refresh(list: CaseList, page: CaseSummary[], matches: Matches): CaseList {
  const known = new Map([...list.rows, ...list.held].map((row) => [row.id, row]))
  const rows = page.map((row) => {
    const mine = known.get(row.id)
    return mine && overtaken(mine, row) ? mine : row
  })
  return { rows: rows.filter(matches).sort(newestFirst).slice(0, MAX_ROWS), held: [] }
}

/** The next, older page. */
export function append(list: CaseList, page: CaseSummary[], matches: Matches): CaseList {
  let { rows } = list
  for (const summary of page) {
    const known = rows.find((row) => row.id === summary.id)
    if (matches(summary) && !(known && overtaken(known, summary))) rows = put(rows, summary)
  }
  return { ...list, rows }
}
