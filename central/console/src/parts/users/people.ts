// Posts as they are typed in, and what is wrong with them. Pure.
import type { Post } from '@/api/types'
import { isRegion } from '@/stores/regions'

/** A row of the form. Nobody is given the whole place by leaving a line empty: that is ticked. */
export interface PostRow {
  role: string
  region: string
  everywhere?: boolean
}

export const NEW_ROW: PostRow = { role: 'operator', region: '' }

export function rowsOf(posts: Post[]): PostRow[] {
  return posts.map(({ role, region }) => ({ role, region: region ?? '', everywhere: region === null }))
}

export function postsOf(rows: PostRow[]): Post[] {
  return rows.map(({ role, region, everywhere }) => ({ role, region: everywhere ? null : region.trim() }))
}

/** Which sentence there is to say about them; null: nothing is wrong. */
export function lackOfPosts(rows: PostRow[]): 'users.lackPosts' | 'users.lackTwice' | 'lack.region' | null {
  if (rows.length === 0) return 'users.lackPosts'
  const posts = postsOf(rows)
  if (posts.some(({ region }) => region !== null && !isRegion(region))) return 'lack.region'
  const keys = new Set(posts.map(({ role, region }) => `${role} ${region}`))
  return keys.size < posts.length ? 'users.lackTwice' : null
}

/** As the centre takes them. */
export function isUserName(name: string): boolean {
  return /^[\p{L}\p{N}_.-]{1,64}$/u.test(name)
}
