// How a contradiction was settled, in words.
import { fullTime } from '@/format'
import { i18n, named } from '@/i18n'
import type { Conflict } from '../api/types'
import { withOccasion } from './taskwords'
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
  return mustChoose(kind) ? ['confirmed', 'mistaken'] : []
}

/** Words alone settle nothing there: either it is so, or it is not. */
export function mustChoose(kind: string): boolean {
  return kind === 'died' || kind === 'moved_out'
}

/** Both sides, as lines for people. */
export function detailWords({ kind, detail }: Conflict): string[] {
  if (kind === 'sex') return [detail.split(' / ').map((sex) => named('res.value', sex)).join(' / ')]
  if (kind !== 'stop') return [detail]
  return detail.split('\n').map((line) => {
    const [title = '', occasion = '', wanted = '', found = ''] = line.split('\t')
    const why = wanted === 'visit' ? t('res.conflicts.visit', { found: named('res.outcome', found) }) : reasonWords({ wanted, found })
    return t('res.conflicts.stop', { title: withOccasion(title, occasion), why })
  })
}
