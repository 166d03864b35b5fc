// What an office does besides: conflicts, numbers, accounts, the log.
import { call, name, query } from './calls'
import type { AccountChange, AccountView, Conflict, Entry, LogCheck, Post, Statistics } from './types'

/** The whole log is read for it. */
const CHECK_MS = 180_000
/** Counting over a city. */
const COUNT_MS = 60_000

export interface Settled {
  settlement: string
  choice?: string
  /** Of death or departure, where it is known better. */
  day?: string
}

export const conflicts = {
  list: (asked: { settled: boolean; person?: number; after?: string }) =>
    call<{ conflicts: Conflict[]; next: string | null }>('GET', `/conflicts${query(asked)}`),
  settle: (person: number, kind: string, said: Settled) =>
    call<void>('POST', `/conflicts/${person}/${name(kind)}`, said),
}

export interface Counted {
  region?: string
  from?: string
  until?: string
  digits: number
}

export const statistics = (asked: Counted) =>
  call<Statistics>('GET', `/statistics${query({ ...asked })}`, undefined, COUNT_MS)

export interface NewAccount {
  account: string
  full_name: string
  unit: string
  posts: Post[]
}

export const accounts = {
  list: (after?: string) => call<{ accounts: AccountView[]; next: string | null }>('GET', `/accounts${query({ limit: 200, after })}`),
  add: (made: NewAccount) => call<{ password: string }>('POST', '/accounts', made),
  change: (account: string, change: AccountChange) =>
    call<{ password: string | null }>('POST', `/accounts/${name(account)}`, change),
}

export interface AuditAsked {
  account?: string
  person?: string
  what?: string
  from?: string
  until?: string
}

export const audit = {
  list: (asked: AuditAsked & { limit?: number; after?: string }) =>
    call<{ entries: Entry[]; next: string | null }>('GET', `/audit${query({ ...asked })}`),
  check: () => call<LogCheck>('GET', '/audit/check', undefined, CHECK_MS),
}
