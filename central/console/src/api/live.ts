// The server's event stream, kept open. A browser's EventSource gives up for good on some failures
// (an HTTP error, a proxy restart) and does not notice a half-open connection; this does.
import type { CaseSummary } from './types'

export type LiveStatus = 'connecting' | 'open' | 'broken'

export interface LiveHandlers {
  /** `reload`: events may have been missed, fetch again. It is called after every (re)connect. */
  reload(): void
  case(summary: CaseSummary): void
  /** A box or a camera changed its state. */
  place(): void
  status(status: LiveStatus): void
}

/** The part of EventSource used here, so that a test can stand in for it. */
export interface Source {
  readonly readyState: number
  onopen: ((event: Event) => void) | null
  onerror: ((event: Event) => void) | null
  addEventListener(type: string, listener: (event: MessageEvent<string>) => void): void
  close(): void
}

const CLOSED = 2
const FIRST_RETRY_MS = 1_000
const LONGEST_RETRY_MS = 15_000
/** Every console is told in the same moment to read everything again: they do not ask in the same moment. */
export const RELOAD_SPREAD_MS = 1_000

export class Live {
  private source: Source | null = null
  private timer: ReturnType<typeof setTimeout> | undefined
  private reloading: ReturnType<typeof setTimeout> | undefined
  private retryMs = FIRST_RETRY_MS
  private status: LiveStatus = 'connecting'

  constructor(
    private readonly open: () => Source,
    private readonly handlers: LiveHandlers,
  ) {}

  start(): void {
    this.stop()
    this.retryMs = FIRST_RETRY_MS
    this.tell('connecting')
    this.connect()
  }

  stop(): void {
    clearTimeout(this.timer)
    this.forgetReload()
    this.source?.close()
    this.source = null
  }

  /** Something else found the connection dead (a call failed): do not wait for EventSource to see it. */
  suspect(): void {
    if (this.source === null || this.status === 'broken') return
    this.source.close()
    this.retryLater()
  }

  private connect(): void {
    const source = this.open()
    this.source = source
    // A source that has been replaced must stay silent.
    const current = (act: (event: MessageEvent<string>) => void) => (event: MessageEvent<string>) => {
      if (this.source === source) act(event)
    }
    source.onopen = () => {
      if (this.source !== source) return
      this.retryMs = FIRST_RETRY_MS
      this.tell('open')
      this.forgetReload()
      this.handlers.reload()
    }
    source.onerror = () => {
      if (this.source !== source) return
      if (source.readyState === CLOSED) this.retryLater()
      else this.tell('broken')
    }
    source.addEventListener('case', current((event) => this.takeCase(event.data)))
    source.addEventListener('edge', current(() => this.handlers.place()))
    source.addEventListener('camera', current(() => this.handlers.place()))
    source.addEventListener('reload', current(() => this.reloadSoon()))
  }

  private reloadSoon(): void {
    this.reloading ??= setTimeout(() => {
      this.reloading = undefined
      this.handlers.reload()
    }, Math.random() * RELOAD_SPREAD_MS)
  }

  private forgetReload(): void {
    clearTimeout(this.reloading)
    this.reloading = undefined
  }

  private takeCase(data: string): void {
    let summary: CaseSummary
    try {
      summary = JSON.parse(data) as CaseSummary
    } catch {
      // A half message says only that something changed.
      this.handlers.reload()
      return
    }
    this.handlers.case(summary)
  }

  private retryLater(): void {
    this.tell('broken')
    clearTimeout(this.timer)
    this.timer = setTimeout(() => this.connect(), this.retryMs)
    this.retryMs = Math.min(this.retryMs * 2, LONGEST_RETRY_MS)
  }

  private tell(status: LiveStatus): void {
    if (status === this.status && status !== 'connecting') return
    this.status = status
    this.handlers.status(status)
  }
}
