// What is known of somebody, as lines for people. Pure.
import type { Child, Facts, PersonLine } from '../api/types'

export interface FactLine {
  /** The name of its words. */
  key: string
  /** `text` stands as it is; `word` has a text of its own in the group; `yesno`, `place` say what the value is. */
  kind: 'text' | 'word' | 'yesno' | 'place'
  group?: string
  value: string
}

/** Only what is known, in an order that people read in. */
export function factLines(facts: Facts): FactLine[] {
  const lines: FactLine[] = []
  const add = (key: string, kind: FactLine['kind'], value: string | undefined, group?: string) => {
    if (value !== undefined) lines.push({ key, kind, value, ...(group === undefined ? {} : { group }) })
  }
  const yes = (value: boolean | undefined) => (value === undefined ? undefined : String(value))
  add('sexBook', 'word', facts.sex, 'res.value')
  add('birthBook', 'text', facts.birth)
  add('hukou', 'place', facts.hukou)
  add('hukou_rural', 'yesno', yes(facts.hukou_rural))
  add('livesSince', 'text', facts.lives_since)
  add('household', 'text', facts.household)
  add('relation', 'word', facts.relation, 'res.relation')
  add('marital', 'word', facts.marital, 'res.marital')
  // looked for, and there is none
  add('identity', facts.identity?.length === 0 ? 'word' : 'text', facts.identity?.join(' ') || (facts.identity && 'none'), 'res.value')
  add('employed', 'yesno', yes(facts.employed))
  add('retirement', 'text', facts.retirement)
  for (const [name, day] of Object.entries(facts.days ?? {})) add(name, 'text', day)
  return lines
}

/** Full years on a day; null where the day of birth is not known. */
export function ageOn({ born }: Pick<PersonLine, 'born'>, day: string): number | null {
  if (born === null) return null
  const years = Number(day.slice(0, 4)) - Number(born.slice(0, 4))
  return day.slice(5) < born.slice(5) ? years - 1 : years
}

/** What there is to say of a child, as names of words. */
export function childTraits(child: Child): string[] {
  const traits: string[] = []
  if (child.disabled !== undefined) traits.push(child.disabled ? 'disabled' : 'healthy')
  if (child.twin === true) traits.push('twin')
  if (child.adopted === true) traits.push('adopted')
  return traits
}
