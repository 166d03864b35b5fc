// Accounts as they are typed in, and what is wrong with them. Pure.
import type { AccountChange, AccountView, Post } from '../api/types'
import { isRegion } from '../region'

export const ROLES = ['worker', 'clerk', 'supervisor', 'auditor', 'admin'] as const
/** For the whole place only. */
const EVERYWHERE: readonly string[] = ['supervisor', 'auditor', 'admin']

export function isEverywhere(role: string): boolean {
  return EVERYWHERE.includes(role)
}

export interface AccountForm {
  account: string
  full_name: string
  unit: string
  posts: Post[]
}

/** The name of a sentence; null: nothing is wrong. */
export function lackOf({ account, posts }: AccountForm): 'account' | 'posts' | 'region' | 'twice' | null {
  if (!/^[\p{L}\p{N}_.-]{1,64}$/u.test(account.trim())) return 'account'
  if (posts.length === 0) return 'posts'
  const cleaned = cleanPosts(posts)
  if (cleaned.some(({ region }) => region !== '' && !isRegion(region))) return 'region'
  return new Set(cleaned.map(({ role, region }) => `${role} ${region}`)).size < cleaned.length ? 'twice' : null
}

/** Roles that are for everywhere have no region, whatever was typed before. */
export function cleanPosts(posts: readonly Post[]): Post[] {
  return posts.map(({ role, region }) => ({ role, region: isEverywhere(role) ? '' : region.trim() }))
}

/** Only what differs; null: nothing does. */
export function changeOf(before: AccountView, form: AccountForm): AccountChange | null {
  const posts = cleanPosts(form.posts)
  const change: AccountChange = {
    ...(form.full_name.trim() === before.full_name ? {} : { full_name: form.full_name.trim() }),
    ...(form.unit.trim() === before.unit ? {} : { unit: form.unit.trim() }),
    ...(JSON.stringify(posts) === JSON.stringify(before.posts) ? {} : { posts }),
  }
  return Object.keys(change).length === 0 ? null : change
}
