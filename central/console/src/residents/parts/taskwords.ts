// Reminders for people. Whoever has lost a child is never told of a reward: there is one careful sentence.
import { i18n, named } from '@/i18n'
import type { TaskView } from '../api/types'
import { type Errand, errandOf, isCareful } from './tasks'

const { t, te } = i18n.global

export function taskTitle(task: Pick<TaskView, 'rule' | 'title' | 'occasion' | 'outcome'>): string {
  if (isCareful(task)) return t('res.task.handOver')
  return withOccasion(task.title || task.rule, task.occasion)
}

export function withOccasion(title: string, occasion: string): string {
  const words = occasionWords(occasion)
  return words === '' ? title : t('res.task.withOccasion', { title, occasion: words })
}

/** `begin` and `end` have words; a tier is named by its code; a later visit by its month besides. */
export function occasionWords(occasion: string): string {
  const [first = '', month] = occasion.split('@', 2)
  if (month === undefined) return firstWords(first)
  return [firstWords(first), t('res.occasion.visit', { month })].filter(Boolean).join(' ')
}

function firstWords(occasion: string): string {
  if (occasion === '') return ''
  if (occasion === 'begin' || occasion === 'end') return named('res.occasion', occasion)
  return t('res.occasion.tier', { code: occasion })
}

/** Not every errand is paperwork: some of its ends have other words then. */
export function outcomeWords(errand: Errand, outcome: string): string {
  const own = `res.${errand}.${outcome}`
  return te(own) ? t(own) : named('res.outcome', outcome)
}

export function stateWords(task: Pick<TaskView, 'rule' | 'occasion' | 'state' | 'outcome'>): string {
  const { state, outcome } = task
  if (outcome !== null && outcome !== '') return outcomeWords(errandOf(task), outcome)
  return named('res.state', state)
}
