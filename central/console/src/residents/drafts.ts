// What is typed of a reminder and not saved yet: kept in memory while one looks elsewhere, and of one person only.

export interface Draft {
  outcome: string | null
  note: string
}

const drafts = new Map<number, Draft>()
let owner: string | null = null

/** A session may end while somebody types, and go on after the login; of whoever else comes then it is none. */
export function draftsOf(account: string): void {
  if (owner !== account) drafts.clear()
  owner = account
}

export function forgetDrafts(): void {
  drafts.clear()
}

export function draft(task: number): Draft {
  return drafts.get(task) ?? { outcome: null, note: '' }
}

export function keepDraft(task: number, now: Draft): void {
  if (now.outcome === null && now.note === '') drafts.delete(task)
  else drafts.set(task, now)
}
