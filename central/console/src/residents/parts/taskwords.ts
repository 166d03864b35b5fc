// Reminders for people. Whoever has lost a child is never told of a reward: there is one careful sentence.
import { i18n, named } from '@/i18n'
import type { TaskView } from '../api/types'
import { isHandOver } from './tasks'

const { t } = i18n.global

export function taskTitle(task: Pick<TaskView, 'rule' | 'title' | 'occasion'>): string {
  if (isHandOver(task)) return t('res.task.handOver')
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

export function stateWords({ state, outcome }: { state: string; outcome: string | null }): string {
  if (outcome !== null && outcome !== '') return named('res.outcome', outcome)
  return named('res.state', state)
}
