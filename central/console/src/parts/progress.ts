// How far a case has come on its way, and what its clocks say. Pure.
import type { CaseDetail } from '@/api/types'
import type { Case } from '@/api/work'
import { STAGES } from '@/stores/states'

/** 登记→核实→立案→派遣→处理→核查→结案, by the state in which each is the thing to do. */
export const STEPS = ['registered', 'verifying', 'filed', 'dispatched', 'handling', 'checking', 'closed']

/** `stopped`: it goes no further from here. */
export type StepStatus = 'done' | 'current' | 'coming' | 'stopped'

export interface Step {
  name: string
  status: StepStatus
}

export interface Progress {
  steps: Step[]
  /** A state beside the way, such as 挂账; null while it is on it. */
  aside: string | null
}

const ENDS_EARLY = ['rejected', 'merged', 'void']

export function progressOf(work: Case): Progress {
  const { state } = work
  const aside = STEPS.includes(state) ? null : state
  const at = STEPS.indexOf(aside === null ? state : reached(work))
  const here = (): StepStatus => {
    if (state === 'closed') return 'done'
    return ENDS_EARLY.includes(state) ? 'stopped' : 'current'
  }
  return {
    aside,
    steps: STEPS.map((name, index) => ({ name, status: index < at ? 'done' : index > at ? 'coming' : here() })),
  }
}

/** Where on its way a case left it. A void one does not say; what was done to it does. */
function reached(work: Case): string {
  if (work.state === 'suspended') return 'handling'
  if (work.state === 'rejected') return 'verifying'
  if (work.merged !== null) return work.merged.from
  if (work.closed_utc !== null) return 'closed'
  if (work.outcome !== null) return 'checking'
  if (work.handler !== null) return 'handling'
  if (work.assigned !== null) return 'dispatched'
  return work.decision?.verdict === 'real' ? 'filed' : 'verifying'
}

export interface DeadlineView {
  stage: string
  due_utc: string
  /** It does not count while the case is suspended. */
  stands: boolean
  /** What comes next of it, unless that is the deadline itself. */
  next: { percent: number; due_utc: string } | null
}

export function deadlinesOf({ state, clocks, deadlines }: CaseDetail): DeadlineView[] {
  const rank = (stage: string) => (STAGES.includes(stage) ? STAGES.indexOf(stage) : STAGES.length)
  return Object.entries(clocks)
    .map(([stage, due_utc]) => {
      const next = deadlines.find((step) => step.stage === stage && step.percent !== 100)
      return {
        stage,
        due_utc,
        stands: state === 'suspended' && stage === 'handle',
        next: next === undefined ? null : { percent: next.percent, due_utc: next.due_utc },
      }
    })
    .sort((a, b) => rank(a.stage) - rank(b.stage))
}
