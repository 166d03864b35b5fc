// What somebody's posts let a page offer. The centre decides anyway, by region too; this only hides what is of no use. Pure.
import type { QuietKind } from '@/api/quiet'
import type { ImportKind } from '@/api/org'
import type { Post } from '@/api/types'

export const ROLES = [
  'admin',
  'operator',
  'acceptor',
  'dispatcher',
  'grid_worker',
  'inspector',
  'supervisor',
  'installer',
  'auditor',
]

export function holds(posts: Post[], roles: readonly string[]): boolean {
  return posts.some(({ role }) => roles.includes(role))
}

/** An admin of everywhere: what concerns everybody is changed by nobody else. */
export function governsAll(posts: Post[]): boolean {
  return posts.some(({ role, region }) => role === 'admin' && region === null)
}

/** Who writes emergency plans and resources. */
export const PLANNERS = ['admin', 'supervisor']

/** Which files somebody may import. */
export function importKinds(posts: Post[]): ImportKind[] {
  const admin = holds(posts, ['admin'])
  const may: [ImportKind, boolean][] = [
    ['regions', admin],
    ['outlines', admin],
    ['cameras', admin || holds(posts, ['installer'])],
    ['posts', admin],
    ['duties', admin || holds(posts, ['acceptor'])],
    ['catalogue', governsAll(posts)],
  ]
  return may.filter(([, yes]) => yes).map(([kind]) => kind)
}

const MINUTES = [10, 30, 60, 120, 480, 1_440, 10_080]
/** How long the security room may shelve by itself. */
const ROOM_MINUTES = 30

/** For how long somebody may hold back, in minutes; none: not at all. */
export function minutesOf(kind: QuietKind, posts: Post[]): number[] {
  if (kind === 'maintenance') return holds(posts, ['installer', 'admin']) ? MINUTES : []
  if (holds(posts, ['installer', 'supervisor', 'admin'])) return MINUTES
  return holds(posts, ['operator', 'acceptor']) ? MINUTES.filter((minutes) => minutes <= ROOM_MINUTES) : []
}

export const ENDERS = ['operator', 'acceptor', 'installer', 'supervisor', 'admin']
export const AGREERS = ['supervisor', 'admin']
/** Who is told how cases went; a security room is told its own alarm load. */
export const SUPERVISORS = ['supervisor', 'auditor', 'admin']

/** Who hands evidence over. */
export const EXPORTERS = ['acceptor', 'supervisor', 'admin']

/** Who may set and take back key periods. */
export const PERIOD_SETTERS = ['admin', 'supervisor']

/** A page of the console. */
export interface Place {
  name: string
  path: string
  /** Who finds something to do there; null: everybody. */
  roles: string[] | null
}

/** What belongs together, in the order of the menu: 值守, 案件, 组织, 监督, 系统. */
export const GROUPS: { name: string; places: Place[] }[] = [
  {
    name: 'watch',
    places: [
      { name: 'queue', path: '/', roles: null },
      { name: 'quiet', path: '/quiet', roles: [...ENDERS, 'auditor'] },
      { name: 'duties', path: '/duties', roles: null },
    ],
  },
  {
    name: 'work',
    places: [
      { name: 'plans', path: '/plans', roles: null },
      { name: 'catalogue', path: '/catalogue', roles: null },
      { name: 'calendar', path: '/calendar', roles: null },
    ],
  },
  {
    name: 'town',
    places: [
      { name: 'org', path: '/org', roles: null },
      { name: 'cameras', path: '/cameras', roles: null },
      { name: 'users', path: '/users', roles: ['admin'] },
    ],
  },
  {
    name: 'oversight',
    places: [
      { name: 'reports', path: '/reports', roles: [...SUPERVISORS, 'operator'] },
      { name: 'views', path: '/views', roles: ['admin', 'supervisor', 'auditor'] },
      { name: 'keeping', path: '/keeping', roles: ['admin', 'supervisor', 'auditor', 'acceptor'] },
      { name: 'exports', path: '/exports', roles: EXPORTERS },
    ],
  },
  {
    name: 'system',
    places: [
      { name: 'hooks', path: '/hooks', roles: ['admin'] },
      { name: 'tokens', path: '/tokens', roles: ['admin'] },
      { name: 'quarantine', path: '/quarantine', roles: ['admin', 'installer', 'auditor'] },
    ],
  },
]

/** All of them. */
export const PLACES: Place[] = GROUPS.flatMap(({ places }) => places)

/** All that somebody has use for. */
export function placesOf(posts: Post[]): Place[] {
  return groupsOf(posts).flatMap(({ places }) => places)
}

/** Groups with what somebody has use for. */
export function groupsOf(posts: Post[]): typeof GROUPS {
  const groups = GROUPS.map(({ name, places }) => ({
    name,
    places: places.filter(({ roles }) => roles === null || holds(posts, roles)),
  }))
  return groups.filter(({ places }) => places.length > 0)
}
