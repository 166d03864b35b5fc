// Cases for the tests, each with only what a test cares about.
import type { CaseAlert, CaseDetail, CaseSummary } from '@/api/types'
import type { Case } from '@/api/work'

/** `at` is the minute of the hour at which the case began. */
export function summary(id: string, at: number, rest: Partial<CaseSummary> = {}): CaseSummary {
  const since = `2026-11-23T06:${String(at).padStart(2, '0')}:00Z`
  return {
    id,
    number: '4205022026112300001',
    state: 'verifying',
    level: 'grid',
    told: 'grid',
    region: '420502001001',
    handler: null,
    due_utc: null,
    late_stages: [],
    behavior: 'intrusion',
    severity: 2,
    edge: 'gw-0001',
    site: '420502001001',
    camera: 'gate-east',
    camera_name: '东门',
    rule: 'lawn-night',
    zone: 'lawn',
    since_utc: since,
    updated_utc: since,
    ended_utc: null,
    phase: 'began',
    alert_count: 1,
    snapshot: null,
    clip: null,
    box: [0.1, 0.2, 0.3, 0.4],
    score: 0.8,
    late: false,
    test: false,
    version: 2,
    ...rest,
  }
}

export function alert(id: string, at: number, stored: string[], waiting: string[] = []): CaseAlert {
  const since = `2026-11-23T06:${String(at).padStart(2, '0')}:00Z`
  const file = (kind: string, here: boolean) => ({
    kind,
    sha256: `${id}-${kind}`,
    media_type: kind === 'clip' ? 'video/mp4' : 'image/jpeg',
    bytes: 1,
    stored: here,
  })
  return {
    alert_id: id,
    phase: 'began',
    end_reason: null,
    detail: null,
    revision: 1,
    seq: 1,
    since_utc: since,
    utc: since,
    received_utc: since,
    dwell_secs: 1,
    threshold: null,
    measured: null,
    score: 0.8,
    box: [0, 0, 1, 1],
    tracks: [1],
    clock_quality: 'synchronised',
    model_sha256: '00',
    codes: { alarm_priority: 2, alarm_method: 5, alarm_type: 6 },
    evidence: [...stored.map((kind) => file(kind, true)), ...waiting.map((kind) => file(kind, false))],
  }
}

export function work(state: string, rest: Partial<Case> = {}): Case {
  return {
    state,
    version: 2,
    severity: 2,
    level: 'grid',
    told: 'grid',
    rung: 0,
    taken: null,
    on_site: false,
    decision: null,
    class: null,
    category: null,
    assigned: null,
    handler: null,
    arrived_utc: null,
    approval: null,
    pause: null,
    pauses: 0,
    outcome: null,
    checked: null,
    reworks: 0,
    urges: [],
    late: [],
    merged: null,
    void_asked: null,
    closed_utc: null,
    ...rest,
  }
}

export function mark(by: string): { by: string; utc: string } {
  return { by, utc: '2026-11-23T06:00:00Z' }
}

export function detail(alerts: CaseAlert[], rest: Partial<CaseDetail> = {}): CaseDetail {
  return {
    ...summary('c', 0),
    verdict: null,
    case: work('verifying'),
    may: [],
    deadlines: [],
    clocks: {},
    merged: [],
    alerts,
    log: [],
    ...rest,
  }
}
