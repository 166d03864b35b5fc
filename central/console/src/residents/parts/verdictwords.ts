// The same in sentences.
import { i18n, named } from '@/i18n'
import { placeName } from '../places'
import { type Why, whyOf } from './verdict'

const { t } = i18n.global

export function factName(fact: string): string {
  return named('res.fact', fact)
}

/** Names of facts, as a list of people. */
export function factNames(facts: readonly string[]): string {
  return facts.map(factName).join(t('res.and'))
}

/** What a fact is, in words where it has some. */
export function valueWords(value: string): string {
  if (value === '') return t('res.value.none')
  if (['single', 'married', 'widowed', 'divorced'].includes(value)) return t(`res.marital.${value}`)
  return ['true', 'false', 'male', 'female', 'none'].includes(value) ? t(`res.value.${value}`) : value
}

export function reasonWords(reason: { wanted: string; found: string }): string {
  const why: Why = whyOf(reason)
  const key = `res.because.${why.kind}`
  switch (why.kind) {
    case 'alive':
    case 'resident':
    case 'from':
    case 'until':
      return t(key, { day: why.day, found: why.found })
    case 'hukou':
    case 'residence':
      return t(key, { regions: why.regions.map(placeName).join(t('res.and')), found: placeName(why.found) })
    case 'noCertificate':
    case 'revoked':
      return t(key, { name: why.name })
    case 'compare': {
      const compare = t(`res.compare.${COMPARE[why.compare] ?? 'is'}`)
      return t(key, { fact: factName(why.fact), compare, value: valueWords(why.value), found: valueWords(why.found) })
    }
    case 'oneOf':
      return t(key, { fact: factName(why.fact), values: why.values.map(valueWords).join(t('res.and')), found: valueWords(why.found) })
    case 'under':
      return t(key, { fact: factName(why.fact), region: placeName(why.region), found: placeName(why.found) })
    case 'holds':
    case 'holdsNot':
      return t(key, { fact: factName(why.fact), found: valueWords(why.found) })
    case 'other':
      return t(key, { wanted: why.wanted, found: valueWords(why.found) })
  }
}

const COMPARE: Record<string, string> = { '==': 'is', '!=': 'isNot', '>=': 'atLeast', '<=': 'atMost', '>': 'above', '<': 'below' }
