// One event stream for the whole page; whoever shows something subscribes here.
import { ref, watch } from 'vue'
import { ApiError, EVENTS_URL, api } from '@/api/client'
import { Live, type LiveStatus } from '@/api/live'
import type { CaseSummary, Overview } from '@/api/types'
import { forgetSession, session } from './session'

export const status = ref<LiveStatus>('connecting')
/** Since when the stream is broken, in ms since the epoch. */
export const brokenSince = ref<number | null>(null)
export const overview = ref<Overview | null>(null)

export interface Listener {
  case?(summary: CaseSummary): void
  reload?(): void
}
const listeners = new Set<Listener>()

/** Returns the function that ends the subscription. */
export function listen(listener: Listener): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** A burst of events costs one overview. */
const OVERVIEW_PAUSE_MS = 800
/** Also finds a connection that died without a word, and a session that ran out. */
const HEARTBEAT_MS = 20_000

let overviewTimer: ReturnType<typeof setTimeout> | undefined
let heartbeat: ReturnType<typeof setInterval> | undefined

const live = new Live(() => new EventSource(EVENTS_URL), {
  status(now) {
    status.value = now
    brokenSince.value = now === 'broken' ? (brokenSince.value ?? Date.now()) : null
    // EventSource hides the HTTP status; an ordinary call shows whether we are logged out.
    if (now === 'broken') void loadOverview()
  },
  reload() {
    void loadOverview()
    for (const listener of listeners) listener.reload?.()
  },
  place: () => overviewSoon(),
  case(summary) {
    overviewSoon()
    for (const listener of listeners) listener.case?.(summary)
  },
})

function overviewSoon(): void {
  overviewTimer ??= setTimeout(() => {
    overviewTimer = undefined
    void loadOverview()
  }, OVERVIEW_PAUSE_MS)
}

async function loadOverview(): Promise<void> {
  if (session.value === null) return
  try {
    overview.value = await api.overview()
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    if (error.status === 401) forgetSession()
    else if (error.status === 0) live.suspect()
  }
}

watch(
  () => session.value?.user,
  (user) => {
    clearInterval(heartbeat)
    live.stop()
    overview.value = null
    if (user === undefined) return
    live.start()
    heartbeat = setInterval(() => void loadOverview(), HEARTBEAT_MS)
  },
  { immediate: true },
)
