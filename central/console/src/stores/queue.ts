// The live list with its filters, shared by the list page and the case page (which offers the next case).
import { computed, ref, shallowRef, watch } from 'vue'
import { ApiError, api } from '@/api/client'
import type { CaseSummary } from '@/api/types'
import * as cases from './cases'
import { type FilterName, fits, queryOf } from './filters'
import { listen } from './live'
import { forgetSession, session } from './session'
import { UNDECIDED } from './states'

const PAGE = 50
/** A burst of cases that only the centre can place costs one fetch. */
const ASK_PAUSE_MS = 800

const list = shallowRef<cases.CaseList>(cases.empty)
const next = ref<string | null>(null)
const hold = ref(false)
/** Behaviors seen since the page was opened: what can be filtered by. */
const seen = ref(new Set<string>())
let generation = 0
/** A case came of which only the centre knows whether it belongs here. */
let unsure = false
let askTimer: ReturnType<typeof setTimeout> | undefined

export const stateFilter = ref<FilterName>('all')
export const behaviorFilter = ref<string | null>(null)
export const loading = ref(false)
export const failure = ref<ApiError | null>(null)
export const rows = computed(() => list.value.rows)
export const held = computed(() => list.value.held)
export const hasMore = computed(() => next.value !== null)
export const behaviors = computed(() => [...seen.value].sort())

function verdictOn(summary: CaseSummary): boolean | null {
  return fits(stateFilter.value, behaviorFilter.value, summary, session.value?.user ?? '')
}

/** What the centre has put on the list stays there while nothing speaks against it. */
const matches = (summary: CaseSummary) => verdictOn(summary) !== false

function note(page: CaseSummary[]): void {
  for (const { behavior } of page) if (!seen.value.has(behavior)) seen.value.add(behavior)
}

/** Fetches the first page (or the next one) and says whether it was still wanted when it came. */
async function fetchPage(after: string | undefined): Promise<CaseSummary[] | null> {
  const mine = ++generation
  loading.value = true
  try {
    const page = await api.cases({ ...queryOf(stateFilter.value, behaviorFilter.value), limit: PAGE, after })
    if (mine !== generation) return null
    next.value = page.next
    failure.value = null
    note(page.cases)
    return page.cases
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    if (error.status === 401) forgetSession()
    if (mine === generation) failure.value = error
    return null
  } finally {
    if (mine === generation) loading.value = false
  }
}

export async function load(): Promise<void> {
  const page = await fetchPage(undefined)
  if (page === null) return
  // An empty list has no row that could move.
  const still = hold.value && list.value.rows.length > 0
  if (still) for (const summary of page) list.value = cases.arrive(list.value, summary, matches, true)
  else list.value = cases.refresh(list.value, page, matches)
}

export async function loadMore(): Promise<void> {
  if (next.value === null || loading.value) return
  const page = await fetchPage(next.value)
  if (page !== null) list.value = cases.append(list.value, page, matches)
}

/** A filter changed: what is shown no longer fits. */
export function setFilter(state: FilterName, behavior: string | null): void {
  stateFilter.value = state
  behaviorFilter.value = behavior
  list.value = cases.release(list.value, (summary) => verdictOn(summary) === true)
  void load()
}

/** While `on`, no row moves: somebody is about to click one. */
export function setHold(on: boolean): void {
  hold.value = on
  if (!on && unsure) askSoon()
}

export function showHeld(): void {
  list.value = cases.release(list.value, matches)
}

/** Lets the centre say what belongs on the list, but only when rows may move. */
function askSoon(): void {
  askTimer ??= setTimeout(() => {
    askTimer = undefined
    if (hold.value) return
    unsure = false
    void load()
  }, ASK_PAUSE_MS)
}

/** A case that nobody has judged yet, most urgent first, then oldest. */
export function nextUndecided(except: string): CaseSummary | null {
  const waiting = [...rows.value, ...held.value].filter((row) => row.id !== except && UNDECIDED.includes(row.state))
  waiting.sort((a, b) => a.severity - b.severity || cases.newestFirst(b, a))
  return waiting[0] ?? null
}

listen({
  reload: () => void load(),
  case(summary) {
    note([summary])
    const verdict = verdictOn(summary)
    const known = rows.value.some((row) => row.id === summary.id)
    // A row that may no longer belong stays, up to date, until the centre has said so.
    if (verdict !== null || known) list.value = cases.arrive(list.value, summary, matches, hold.value)
    if (verdict !== null) return
    unsure = true
    askSoon()
  },
})

// Whoever logs in next starts with nothing of the one before.
watch(session, (now) => {
  if (now !== null) return
  generation += 1
  clearTimeout(askTimer)
  askTimer = undefined
  unsure = false
  list.value = cases.empty
  next.value = null
  loading.value = false
})
