// A change of the log in words. What is not known here is shown as the centre named it.
import type { Assignee, Change } from '@/api/work'
import { fullTime } from '@/format'
import { i18n, named } from '@/i18n'
import { categoryText } from '@/stores/catalogue'
import { nameOf } from '@/stores/regions'

export interface LogWords {
  /** What happened, in short. */
  head: string
  /** What people wrote. */
  words: string[]
  /** Another case that it speaks of. */
  other: string | null
}

const { t } = i18n.global

/** A region and, where one person is meant, who. */
export function assigneeText({ region, user }: Assignee): string {
  const place = nameOf(region) ?? region
  return user === undefined ? place : `${user} (${place})`
}

/** What stands around a change in its log, where that makes a difference. */
interface Around {
  actor?: string
  /** Somebody had taken the case before. */
  taken?: boolean
}

export function wordsOf(change: Change, around: Around = {}): LogWords {
  const parts = [headOf(change, around), ...details(change)]
  const words: string[] = []
  // The reason for a false alarm is a code, all other reasons are texts.
  const reason = change.change === 'decided' ? undefined : change.reason
  for (const text of [change.note, reason, change.cause]) if (text) words.push(text)
  if (change.excuse) words.push(t('log.excuse', { text: change.excuse }))
  return { head: parts.join(' · '), words, other: otherCase(change) }
}

/** Who is called and what is sent by itself is said in one sentence. */
function headOf({ change, user, level, from }: Change, { actor, taken }: Around): string {
  if (change === 'called' && user !== undefined) {
    return t(taken ? 'log.calledLate' : 'log.called', { user, level: named('level', level) })
  }
  if (from !== undefined) return t(change === 'registered' ? 'log.splitCase' : 'log.splitAlert')
  return change === 'dispatched' && actor === 'system' ? t('log.auto') : named('change', change)
}

/** What the centre does at a part of a limit; the log itself does not say it. */
const CAME: Record<string, string> = {
  'ack 100': 'rung',
  'ack 200': 'community',
  'ack 400': 'street',
  'ack 1000': 'district',
  'verify 100': 'community',
  'verify 200': 'street',
  'arrive 100': 'community',
  'dispatch 100': 'above',
  'dispatch 200': 'urged',
  'check 100': 'above',
  'check 200': 'urged',
  'handle 100': 'up',
  'handle 150': 'up',
  'handle 200': 'top',
}

function details(change: Change): string[] {
  const { to, verdict, severity, stage, percent, review_utc, approved, passed, pictures, distance_m } = change
  const list: string[] = []
  if (verdict !== undefined) list.push(named('verdict', verdict))
  if (change.change === 'decided' && change.reason !== undefined) list.push(named('reason', change.reason))
  if (change.class !== undefined) list.push(named('class', change.class))
  if (change.category !== undefined) list.push(categoryText(change.category))
  if (severity !== undefined) list.push(named('severity', String(severity)))
  if (typeof to === 'object') list.push(t('log.to', { to: assigneeText(to) }))
  if (review_utc !== undefined) list.push(t('progress.review', { time: fullTime(review_utc) }))
  if (approved !== undefined) list.push(named('choice', approved ? 'approved_yes' : 'approved_no'))
  if (passed !== undefined) list.push(named('choice', passed ? 'passed_yes' : 'passed_no'))
  if (pictures !== undefined && pictures.length > 0) list.push(t('log.pictures', { n: pictures.length }))
  if (change.change === 'pictured' && change.moment !== undefined) list.push(t(`pictures.${change.moment}`))
  if (change.step !== undefined) {
    list.push(t(change.done === false ? 'checklist.undone' : 'checklist.step', { n: change.step + 1 }))
  }
  if (change.plan !== undefined && change.version !== undefined) {
    // Plans that come along are named after what they are for.
    list.push(`${named('behavior', change.plan)} ${t('checklist.version', { n: change.version })}`)
  }
  if (distance_m !== undefined) list.push(t('log.distance', { n: Math.round(distance_m) }))
  if (stage !== undefined) {
    list.push(percent === undefined ? named('stage', stage) : t('log.timer', { stage: named('stage', stage), percent }))
    const came = CAME[`${stage} ${percent}`]
    if (came !== undefined) list.push(t(`log.came.${came}`))
  }
  return list
}

function otherCase({ change, master, to, from }: Change): string | null {
  if (from !== undefined) return from
  if (change === 'merged' && master !== undefined) return master
  return change === 'split' && typeof to === 'string' ? to : null
}
