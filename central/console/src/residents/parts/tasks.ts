// Reminders in words and in order. Pure.
import type { TaskDetail, TaskView } from '../api/types'

/** The rule of whoever is looked at by a person. */
export const HAND_OVER = 'hand-over'
export const STATES = ['waiting', 'open', 'done', 'over'] as const
/** What a worker may find. */
export const OUTCOMES = ['handled', 'enrolled', 'declined', 'not_eligible', 'unreachable', 'moved_out', 'died', 'wrong_data'] as const
/** What there is to say of a visit to whoever is not reminded of anything. */
export const VISIT_OUTCOMES = ['handled', 'declined', 'unreachable', 'moved_out', 'died', 'wrong_data'] as const
/** What there is to say of a later look at whoever receives something. */
export const LOOK_OUTCOMES = ['handled', 'not_eligible', 'declined', 'unreachable', 'moved_out', 'died', 'wrong_data'] as const
/** It says nothing unless somebody writes what is wrong. */
const NEEDS_NOTE = ['wrong_data']

export function needsNote(outcome: string): boolean {
  return NEEDS_NOTE.includes(outcome)
}

/** It is of the person, not of the matter: whatever else that one was to be told stops, too. */
export function stopsAll(outcome: string): boolean {
  return outcome === 'died' || outcome === 'moved_out'
}

/** Rows after one was answered, without the list jumping. */
export function afterOutcome<T extends TaskView>(rows: readonly T[], { task, person }: TaskView, outcome: string): T[] {
  return rows.map((row) => {
    if (row.task === task) return { ...row, outcome, ...(outcome === 'unreachable' ? {} : { state: 'done' }) }
    const stops = stopsAll(outcome) && row.person === person && (row.state === 'open' || row.state === 'waiting')
    return stops ? { ...row, state: 'over', outcome } : row
  })
}

export function isHandOver({ rule }: { rule: string }): boolean {
  return rule === HAND_OVER
}

/** Whoever has lost a child is never told of a reward: neither by what is handed over nor by what was under way before. */
export function isCareful({ rule, outcome }: Pick<TaskView, 'rule' | 'outcome'>): boolean {
  return isHandOver({ rule }) || outcome === 'handed_over'
}

/** What a worker goes there for. */
export type Errand = 'paper' | 'visit' | 'look'

export function errandOf(task: Pick<TaskView, 'rule' | 'occasion'>): Errand {
  if (isHandOver(task)) return 'visit'
  return task.occasion.includes('@') ? 'look' : 'paper'
}

export function outcomesOf(errand: Errand): readonly string[] {
  return { paper: OUTCOMES, visit: VISIT_OUTCOMES, look: LOOK_OUTCOMES }[errand]
}

/** Until when somebody is to have been there or, after that, to finish it; before it came out, when it is due. */
export function untilOf({ deadline, due }: TaskView): string {
  return deadline ?? due
}

export function isLate({ state, deadline }: TaskView, today: string): boolean {
  return state === 'open' && deadline !== null && deadline < today
}

/** Whether the deadline is that of the visit: there is more time, once somebody was there, for what cannot be applied for yet. */
export function waits({ steps, done, apply, deadline }: TaskDetail): boolean {
  return steps.length > 0 && done.length === 0 && deadline !== null && deadline < apply
}

/** Rows with what is known of one by now, without the list jumping. */
export function afterLook<T extends TaskView>(rows: readonly T[], { task, deadline }: TaskView): T[] {
  return rows.map((row) => (row.task === task ? { ...row, deadline } : row))
}

/** Late ones first, then by the day until which there is time. */
export function byUrgency(tasks: readonly TaskView[]): TaskView[] {
  return [...tasks].sort((one, other) => {
    const [a, b] = [untilOf(one), untilOf(other)]
    if (a !== b) return a < b ? -1 : 1
    return one.task - other.task
  })
}

export interface GridGroup {
  grid: string
  days: { day: string; tasks: TaskView[] }[]
}

/** By grid and by the day from which it can be applied for, in the order in which they came. */
export function grouped(tasks: readonly TaskView[]): GridGroup[] {
  const groups: GridGroup[] = []
  for (const task of tasks) {
    let group = groups.at(-1)
    if (group === undefined || group.grid !== task.grid) groups.push((group = { grid: task.grid, days: [] }))
    let day = group.days.at(-1)
    if (day === undefined || day.day !== task.apply) group.days.push((day = { day: task.apply, tasks: [] }))
    day.tasks.push(task)
  }
  return groups
}

/** The steps that are done after one was ticked or unticked. */
export function toggled(done: readonly number[], step: number): number[] {
  const others = done.filter((one) => one !== step)
  return (others.length === done.length ? [...done, step] : others).sort((a, b) => a - b)
}
