// How a contradiction was settled, in words.
import { fullTime } from '@/format'
import { i18n, named } from '@/i18n'
import type { Conflict } from '../api/types'
import { outcomeWords, withOccasion } from './taskwords'
import { reasonWords } from './verdictwords'

const { t } = i18n.global

export function settledWords({ settled_utc, settled_by, settlement }: Conflict): string {
  if (settled_utc === null) return ''
  const time = fullTime(settled_utc)
  if (!settled_by) return t('res.conflicts.byItself', { time })
  return t('res.conflicts.settled', { time, by: settled_by, how: settlement ?? '' })
}

/** What there is to choose between. */
export function choicesOf(kind: string): readonly string[] {
  if (kind === 'birth' || kind === 'sex') return ['id_number', 'household_book']
  if (kind === 'name') return ['new_name']
  if (kind === 'twice') return ['keep_other', 'keep_this']
  return mustChoose(kind) ? ['confirmed', 'mistaken'] : []
}

/** How the choice is asked for. */
export function askOf(kind: string): string {
  if (kind === 'name') return 'res.conflicts.chooseName'
  if (kind === 'twice') return 'res.conflicts.chooseTwice'
  return mustChoose(kind) ? 'res.conflicts.choose' : 'res.conflicts.chooseOr'
}

/** What it is called to choose nothing. */
export function noneOf(kind: string): string {
  if (kind === 'name') return 'res.choice.old_name'
  return kind === 'twice' ? 'res.choice.two_people' : 'res.choice.none'
}

/** Words alone settle nothing there: either it is so, or it is not. */
export function mustChoose(kind: string): boolean {
  return kind === 'died' || kind === 'moved_out'
}

export interface DetailLine {
  text: string
  /** Whom it leads to. */
  person?: number
}

/** Whose word each side is, as lines for people. */
export function detailWords({ kind, detail }: Pick<Conflict, 'kind' | 'detail'>): DetailLine[] {
  const [id = '', book = ''] = detail.split(' / ', 2)
  switch (kind) {
    case 'birth':
      return [{ text: t('res.conflicts.sides', { id, book }) }]
    case 'sex':
      return [{ text: t('res.conflicts.sides', { id: named('res.value', id), book: named('res.value', book) }) }]
    case 'twice':
      return twiceWords(detail)
    case 'stop':
      return detail.split('\n').map((line) => ({ text: stopWords(line) }))
    default:
      // A newer centre may know more kinds: what it says of them stands as it is.
      return [{ text: detail !== '' && NAMED.includes(kind) ? t(`res.conflicts.of.${kind}`, { detail }) : detail }]
  }
}

/** What the one thing is that there is to say of them. */
const NAMED = ['age', 'name', 'died', 'moved_out']

function twiceWords(detail: string): DetailLine[] {
  const other = /^#(\d+)$/.exec(detail)?.[1]
  return [other === undefined ? { text: detail } : { text: t('res.conflicts.other', { n: other }), person: Number(other) }]
}

function stopWords(line: string): string {
  const [title = '', occasion = '', wanted = '', found = ''] = line.split('\t')
  const why = wanted === 'visit' ? t('res.conflicts.visit', { found: outcomeWords('look', found) }) : reasonWords({ wanted, found })
  return t('res.conflicts.stop', { title: withOccasion(title, occasion), why })
}
