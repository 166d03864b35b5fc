// Accounts as they are typed in, and what is wrong with them. Pure.
import type { AccountChange, AccountView, Post } from '../api/types'
import { isRegion } from '../region'

export const ROLES = ['worker', 'clerk', 'supervisor', 'auditor', 'admin'] as const
/** For the whole place only. */
const EVERYWHERE: readonly string[] = ['supervisor', 'auditor', 'admin']

export function isEverywhere(role: string): boolean {
  return EVERYWHERE.includes(role)
}

/** A post as it is typed in. Nobody is given the whole place by leaving a line empty: that is ticked. */
export interface PostRow extends Post {
  everywhere?: boolean
}

export const NEW_POST: PostRow = { role: 'worker', region: '' }

export function rowsOf(posts: readonly Post[]): PostRow[] {
  return posts.map(({ role, region }) => ({ role, region, everywhere: region === '' && !isEverywhere(role) }))
}

export interface AccountForm {
  account: string
  full_name: string
  unit: string
  posts: PostRow[]
}

/** The name of a sentence; null: nothing is wrong. */
export function lackOf({ account, posts }: AccountForm): 'account' | 'posts' | 'region' | 'twice' | null {
  if (!/^[\p{L}\p{N}_.-]{1,64}$/u.test(account.trim())) return 'account'
  if (posts.length === 0) return 'posts'
  const cleaned = cleanPosts(posts)
  if (posts.some((post, at) => !mayBeEverywhere(post) && !isRegion(cleaned[at]?.region ?? ''))) return 'region'
  return new Set(cleaned.map(({ role, region }) => `${role} ${region}`)).size < cleaned.length ? 'twice' : null
}

function mayBeEverywhere({ role, everywhere }: PostRow): boolean {
  return everywhere === true || isEverywhere(role)
}

/** What is for everywhere has no region, whatever was typed before. */
export function cleanPosts(posts: readonly PostRow[]): Post[] {
  return posts.map((post) => ({ role: post.role, region: mayBeEverywhere(post) ? '' : post.region.trim() }))
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
