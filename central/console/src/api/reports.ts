// What the office that supervises measures: the report of a period and a region, what is late now, and files of it.
import { ApiError, call, problemOf } from './client'

export interface Rate {
  of: number
  all: number
  /** Null: there is no share of nothing. */
  share: number | null
}

export type CountName =
  | 'reported'
  | 'filed'
  | 'due'
  | 'closed'
  | 'closed_in_time'
  | 'overdue'
  | 'handled'
  | 'reworked'
  | 'dispatched'
  | 'returned'
  | 'duplicates'
  | 'judged'
  | 'false_alarms'
  | 'missed'
  | 'undecided'

export type RateName =
  | 'filed'
  | 'closed'
  | 'closed_in_time'
  | 'overdue'
  | 'reworked'
  | 'returned'
  | 'duplicates'
  | 'false_alarms'
  | 'missed'

export interface Indicators {
  counts: Record<CountName, number>
  rates: Record<RateName, Rate>
}

export interface Period {
  /** `2026-11-01`, the first day. */
  from: string
  /** The last day. */
  to: string
}

export interface Compared extends Indicators {
  period: Period
}

export interface StageTime {
  stage: string
  measured: number
  median_secs: number | null
  p90_secs: number | null
  kept: Rate
}

export interface RegionRow extends Indicators {
  code: string
  level: string
  name: string | null
}

export interface ReasonCount {
  reason: string
  cases: number
}

export interface Suspect {
  edge: string
  camera: string
  rule: string
  camera_name: string
  region: string
  false_alarms: Rate
  /** The most frequent first. */
  reasons: ReasonCount[]
}

export interface Figure {
  value: number | null
  /** Null where it cannot be told. */
  met: boolean | null
}

export type FigureName = 'average' | 'peak' | 'flood' | 'high' | 'medium' | 'stale' | 'chattering' | 'top'

export interface RoomLoad {
  region: string
  name: string | null
  alarms: number
  /** P1 to P4. */
  priorities: number[]
  flood: Rate
  figures: Record<FigureName, Figure>
}

export interface DayLoad {
  day: string
  alarms: number
  /** In 10 minutes of a room. */
  average: number
  peak: number
}

export interface Source {
  edge: string
  camera: string
  rule: string
  camera_name: string
  alarms: number
}

export interface Load {
  rooms: number
  alarms: number
  priorities: number[]
  flood: Rate
  alerts: { received: number; inhibited: number; shelved: number }
  figures: Record<FigureName, Figure>
  by_room: RoomLoad[]
  days: DayLoad[]
  top: Source[]
  sources: number
  chatter: { room: string; edge: string; camera: string; rule: string; times: number }[]
}

export interface CasesReport {
  now: Indicators
  previous: Compared
  last_year: Compared
  times: StageTime[]
  regions: RegionRow[]
  false_alarms: { all: Rate; reasons: ReasonCount[]; worst: Suspect[]; left_out: number }
}

export interface Report {
  period: Period
  /** Null: everywhere. */
  regions: { code: string; name: string | null }[] | null
  made_utc: string
  /** Null for a security room, which is told its own load only. */
  cases: CasesReport | null
  load: Load
}

export interface OverdueCase {
  id: string
  number: string
  region: string
  camera_name: string
  behavior: string
  severity: number
  state: string
  level: string
  told: string
  handler: string | null
  assignee: string | null
  stage: string | null
  due_utc: string
  overdue_secs: number
  urges: number
}

export interface OverduePage {
  cases: OverdueCase[]
  next: string | null
  total: number
}

export interface ReportQuery extends Period {
  /** Null: wherever one may look. */
  region: string | null
}

export const FORMATS = ['pdf', 'xlsx', 'csv'] as const
export type Format = (typeof FORMATS)[number]

/** A year of a city is counted anew each time. */
const REPORT_MS = 120_000

function params(entries: Record<string, string | null>): string {
  const all = new URLSearchParams()
  for (const [key, value] of Object.entries(entries)) if (value !== null) all.set(key, value)
  return String(all)
}

export const reports = {
  show: ({ region, from, to }: ReportQuery) =>
    call<Report>('GET', `/reports?${params({ region, from, to })}`, undefined, REPORT_MS),
  overdue: (region: string | null, after: string | null, limit: number) =>
    call<OverduePage>('GET', `/reports/overdue?${params({ region, after, limit: String(limit) })}`),
  /** The file and its name. */
  async file({ region, from, to }: ReportQuery, format: Format, lang: 'zh' | 'en'): Promise<{ name: string; blob: Blob }> {
    let response: Response
    try {
      response = await fetch(`/api/v1/reports/export?${params({ region, from, to, format, lang })}`, {
        credentials: 'same-origin',
        signal: AbortSignal.timeout(REPORT_MS),
      })
    } catch {
      throw new ApiError(0, null)
    }
    if (!response.ok) throw await problemOf(response)
    const name = /filename="([^"]+)"/.exec(response.headers.get('Content-Disposition') ?? '')?.[1] ?? `report.${format}`
    return { name, blob: await response.blob() }
  },
}
