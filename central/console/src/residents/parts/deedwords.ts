// What an entry of the log tells besides, in words; empty where there are none: what the centre wrote can be read beside it.
import { i18n, named } from '@/i18n'
import type { Post } from '../api/types'
import { placeName } from '../places'

const { t } = i18n.global

type Row = Record<string, unknown>

export function deedWords(what: string, detail: string): string {
  if (detail === '') return ''
  try {
    return WORDS[what]?.(JSON.parse(detail) as never) ?? ''
  } catch {
    // Another centre wrote it in another way.
    return ''
  }
}

const joined = (parts: string[]) => parts.filter(Boolean).join(t('res.and'))
const place = (code: unknown) => (code ? placeName(String(code)) : t('shell.everywhere'))

/** By what was done; each takes what the centre wrote. */
const WORDS: Record<string, (value: never) => string> = {
  account: (value: Row) => t('res.logged.account', { account: String(value.account), parts: accountParts(value) }),
  find: ({ by, region, found }: { by: string[]; region: string | null; found: number }) => {
    const ways = by.map((way) => (way === 'region' && region !== null ? placeName(region) : named('res.logged.by', way)))
    return t('res.logged.find', { by: joined(ways), n: found })
  },
  see: (value: string) => (value === 'why' ? t('res.logged.why') : ''),
  reveal: (value: string) => named('res.logged.hidden', value),
  import: ([file, , added, changed, departed, refused]: [string, string, number, number, number, number]) => {
    const counts = Object.entries({ added, changed, departed, refused }).map(([name, n]) => `${t(`res.import.count.${name}`)} ${n}`)
    return `${file}${t('res.colon')}${joined(counts)}`
  },
  settle: ([kind, { choice, day }]: [string, { choice: string | null; day: string | null }]) =>
    joined([named('res.conflict', kind), choice === null ? '' : named('res.choice', choice), day ?? '']),
  sheet: ({ region, people }: { region: string | null; people: number[] }) => t('res.logged.sheet', { place: place(region), n: people.length }),
  outcome: ([task, outcome]: [number, string]) => t('res.logged.outcome', { n: task, outcome: named('res.outcome', outcome) }),
  rule_added: (rules: [string, number][]) => joined(rules.map(([rule, version]) => t('res.rule.versionOf', { rule, version }))),
  rule_used: (value: [string, number, string] | [string, string]) => {
    const [rule, version, deed] = value.length === 3 ? value : [value[0], null, value[1]]
    return `${version === null ? rule : t('res.rule.versionOf', { rule, version })}${t('res.colon')}${named('res.logged.use', deed)}`
  },
  workdays: (days: [string, boolean | null][]) => t('res.logged.workdays', { day: days[0]?.[0] ?? '', n: days.length }),
  regions: (n: number) => t('res.logged.regions', { n }),
  rotate: (n: number) => t('res.logged.rotate', { n }),
}

function accountParts({ full_name, unit, password, closed, posts }: Row): string {
  const post = ({ role, region }: Post) => `${named('res.role', role)} ${place(region)}`
  return joined([
    full_name === undefined ? '' : t('res.account.fullName'),
    unit === undefined ? '' : t('res.account.unit'),
    password === true ? t('res.account.acts.password') : '',
    closed === undefined ? '' : t(closed === true ? 'res.account.acts.close' : 'res.account.acts.open'),
    ...((posts ?? []) as Post[]).map(post),
  ])
}
