// 以人找房, 以房找人, and what is known of somebody.
import { call } from './calls'
import type { Dwelling, Explained, Hidden, PersonLine, PersonView } from './types'

export interface PeopleAsked {
  name?: string
  number?: string
  dwelling?: number
  region?: string
  limit?: number
  after?: string
}

export const people = {
  find: (asked: PeopleAsked) => call<{ people: PersonLine[]; next: string | null }>('POST', '/people/find', asked),
  dwellings: (asked: { address?: string; region?: string; limit?: number; after?: string }) =>
    call<{ dwellings: Dwelling[]; next: string | null }>('POST', '/dwellings/find', asked),
  show: (person: number) => call<PersonView>('GET', `/people/${person}`),
  reveal: (person: number, what: Hidden, reason: string) =>
    call<{ value: string | null }>('POST', `/people/${person}/reveal`, { what, reason }),
  why: (person: number, day: string) =>
    call<{ day: string; rules: Explained[] }>('GET', `/people/${person}/why?day=${day}`),
}
