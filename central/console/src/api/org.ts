// The organisation, as xunge-central sends and takes it: regions, where cameras stand, imports, the calendar, people.
import { call, everyRow } from './client'
import type { Post } from './types'

/** GeoJSON, Polygon or MultiPolygon in WGS-84. */
export interface Geometry {
  type: string
  coordinates: unknown
}

export interface RegionView {
  /** Without the zeros that official lists fill it up with. */
  code: string
  level: string
  name: string
  demo: boolean
  /** Lists leave it out. */
  outline: Geometry | null
}

/** A region that a search found. */
export interface FoundRegion {
  code: string
  level: string
  name: string
  /** Names of what it lies in, the highest first. */
  within: string[]
}

/** Somebody who was found, with the posts that have to do with what was asked for, the nearest first. */
export interface Person {
  user: string
  full_name: string
  unit: string
  phone: string
  posts: Post[]
}

export interface PersonQuery {
  words: string
  region?: string | undefined
  /** With commas. */
  role?: string | undefined
}

export interface CameraView {
  edge: string
  camera: string
  /** Null before it was heard of. */
  name: string | null
  /** Null where nobody has said it. */
  region: string | null
  lon: number | null
  lat: number | null
  kind: string | null
  /** Neighbours: box and camera. */
  adjacent: [string, string][]
}

export type ImportKind = 'regions' | 'outlines' | 'cameras' | 'posts' | 'duties' | 'catalogue' | 'resources' | 'plans'

export interface ImportProblem {
  /** From 1 (the headings); in GeoJSON the feature, from 1; 0 is the file as a whole. */
  line: number
  zh: string
  en: string
}

export interface ImportReport {
  /** False after a dry run, and whenever there are problems. */
  applied: boolean
  new: number
  changed: number
  same: number
  problems: ImportProblem[]
}

export interface SpecialDay {
  /** `2026-10-01` */
  date: string
  /** `off` or `work` */
  kind: string
  name: string
}

export interface CalendarPage {
  year: number
  /** `entered` here, `brought` with the program, or `missing`. */
  source: string
  days: SpecialDay[]
  /** Years whose notice should be entered. */
  missing_years: number[]
}

export interface UserView {
  name: string
  full_name: string
  unit: string
  phone: string
  disabled: boolean
  /** People that an import brought have none until an admin gives one. */
  has_password: boolean
  posts: Post[]
}

export type UserChange =
  | { change: 'posts'; posts: Post[] }
  | { change: 'password' }
  | { change: 'disable' }
  | { change: 'enable' }

export interface Password {
  password: string
}

/** A whole city is written in one transaction. */
const IMPORT_MS = 180_000

/** Rows of a search: more than anybody reads is no help. */
const FOUND = 20
const name = encodeURIComponent

export const org = {
  /** Right below `parent`; null: the highest ones. */
  regions: async (parent: string | null) => ({
    regions: await everyRow<RegionView>(`/org/regions${parent === null ? '' : `?parent=${name(parent)}`}`, 'regions'),
  }),
  findRegions: (words: string) =>
    call<{ regions: FoundRegion[]; more: boolean }>('GET', `/org/region-search?words=${name(words)}&limit=${FOUND}`),
  findPeople({ words, region, role }: PersonQuery) {
    const params = new URLSearchParams({ limit: String(FOUND), words })
    if (region !== undefined) params.set('region', region)
    if (role !== undefined) params.set('role', role)
    return call<{ people: Person[]; more: boolean }>('GET', `/org/people?${params}`)
  },
  region: (code: string) => call<RegionView>('GET', `/org/regions/${name(code)}`),
  cameras: async () => ({ cameras: await everyRow<CameraView>('/org/cameras', 'cameras') }),
  import: (kind: ImportKind, content: string, apply: boolean) =>
    call<ImportReport>('POST', '/org/import', { kind, content, apply }, IMPORT_MS),
  calendar: (year: number) => call<CalendarPage>('GET', `/org/calendar/${year}`),
  setCalendar: (year: number, days: SpecialDay[]) => call<CalendarPage>('PUT', `/org/calendar/${year}`, { days }),
  users: async () => ({ users: await everyRow<UserView>('/users', 'users') }),
  addUser: (user: string, posts: Post[]) => call<Password>('POST', '/users', { name: user, posts }),
  changeUser: (user: string, change: UserChange) => call<Password | null>('POST', `/users/${name(user)}`, change),
}
