// What pickers of regions and people offer, and what a typed text means. Pure.
import type { FoundRegion, Person } from '@/api/org'
import type { OnDuty } from '@/api/duties'
import type { Option } from './option'

export { type Option, moved } from './option'

/** Roles whose people can take a case on. */
export const HANDLERS: readonly string[] = ['grid_worker', 'acceptor']

export function regionOption({ code, name, within }: FoundRegion): Option {
  return { key: code, label: name, detail: [...within.slice(-2), code].join(' · ') }
}

/** `roleName` gives the words for a role. */
export function personOption(person: Person, roleName: (role: string) => string): Option {
  const roles = [...new Set(person.posts.map(({ role }) => roleName(role)))].join('、')
  return {
    key: person.user,
    label: nameOf(person),
    detail: [person.full_name === '' ? '' : person.user, roles, person.unit, person.phone].filter((one) => one !== '').join(' · '),
  }
}

export function nameOf({ full_name, user }: { full_name: string; user: string }): string {
  return full_name === '' ? user : full_name
}

/** Those on duty who can take a case on, each once, the nearest first. */
export function dispatchable(people: OnDuty[]): OnDuty[] {
  const seen = new Set<string>()
  return people.filter(({ user, role }) => HANDLERS.includes(role) && !seen.has(user) && seen.add(user))
}

/** For which region somebody handles a case there: the nearest post that covers it, else the case's own. */
export function handlesFor({ posts }: Person, region: string): string {
  const covering = posts.flatMap((post) =>
    HANDLERS.includes(post.role) && post.region !== null && region.startsWith(post.region) ? [post.region] : [],
  )
  return covering.sort((a, b) => b.length - a.length)[0] ?? region
}

/** Whether somebody could take the case of this region on. */
export function couldHandle({ posts }: Person, region: string): boolean {
  return posts.some((post) => HANDLERS.includes(post.role) && (post.region === null || region.startsWith(post.region)))
}
