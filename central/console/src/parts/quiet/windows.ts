// Shelves and maintenance: which stand now, and what somebody may do about them. Pure.
import type { WindowView } from '@/api/quiet'
import type { Post } from '@/api/types'
import { AGREERS, ENDERS, holds } from '@/stores/posts'

/** `over` was ended or ran out. */
export type WindowState = 'on' | 'coming' | 'pending' | 'over'

/** The centre's clock is known to a second or two only: what has just begun is not to come. */
const COMING_MS = 5_000

export function endOf({ until_utc, ended_utc }: WindowView): string {
  return ended_utc !== null && Date.parse(ended_utc) < Date.parse(until_utc) ? ended_utc : until_utc
}

export function stateOf(window: WindowView, nowMs: number): WindowState {
  if (Date.parse(endOf(window)) <= nowMs) return 'over'
  if (window.pending) return 'pending'
  return Date.parse(window.from_utc) > nowMs + COMING_MS ? 'coming' : 'on'
}

/** A rule that rang too often shelved itself. */
export function isChatter({ by, reason }: WindowView): boolean {
  return by === 'system' && reason === 'chatter'
}

export function mayEnd(state: WindowState, posts: Post[]): boolean {
  return state !== 'over' && holds(posts, ENDERS)
}

/** Nobody agrees to what he asked for himself. */
export function mayAgree(state: WindowState, window: WindowView, user: string, posts: Post[]): boolean {
  return state === 'pending' && window.by !== user && holds(posts, AGREERS)
}

const RANK: Record<WindowState, number> = { pending: 0, on: 1, coming: 2, over: 3 }

/** What waits for somebody first, then what stands; within each the one that ends first, of past ones the newest. */
export function inOrder(windows: WindowView[], nowMs: number): { window: WindowView; state: WindowState }[] {
  return windows
    .map((window) => ({ window, state: stateOf(window, nowMs) }))
    .sort((a, b) => {
      const later = Date.parse(endOf(a.window)) - Date.parse(endOf(b.window))
      return RANK[a.state] - RANK[b.state] || (a.state === 'over' ? -later : later)
    })
}
