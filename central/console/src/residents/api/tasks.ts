// Reminders, as people work at them.
import { call, query } from './calls'
import type { Call, TaskDetail, TaskView } from './types'

export interface TasksAsked {
  state?: string
  rule?: string
  region?: string
  until?: string
  late?: boolean
  limit?: number
  after?: string
}

export interface SheetAsked {
  region?: string
  until?: string
  rule?: string
  /** Only what is late. */
  late?: true
  reason: string
}

/** Telephones are opened one by one for a sheet. */
const SHEET_MS = 60_000

export const tasks = {
  list: (asked: TasksAsked) => call<{ tasks: TaskView[]; next: string | null }>('GET', `/tasks${query({ ...asked })}`),
  show: (task: number) => call<TaskDetail>('GET', `/tasks/${task}`),
  tick: (task: number, done: number[]) => call<void>('POST', `/tasks/${task}/steps`, { done }),
  finish: (task: number, outcome: string, note: string) => call<void>('POST', `/tasks/${task}/outcome`, { outcome, note }),
  sheet: (asked: SheetAsked) => call<{ calls: Call[]; more: boolean }>('POST', '/tasks/sheet', asked, SHEET_MS),
}
