// An alert in the codes of GB/T 28181 and ONVIF, for people.
import type { Codes } from '@/api/types'
import { i18n, named } from '@/i18n'

export interface CodeWord {
  key: 'priority' | 'type' | 'topic'
  value: string
}

const { t } = i18n.global

export function codeWords({ alarm_priority, alarm_method, alarm_type, event_type, onvif_topic }: Codes): CodeWord[] {
  const parts = [t('codes.method', { n: alarm_method })]
  if (alarm_type === undefined) parts.push(t('codes.none'))
  else parts.push(`${alarm_type} ${named('codes.types', String(alarm_type))}`)
  if (event_type !== undefined) parts.push(t('codes.event', { n: event_type }))
  const words: CodeWord[] = [
    { key: 'priority', value: String(alarm_priority) },
    { key: 'type', value: parts.join(' · ') },
  ]
  if (onvif_topic !== undefined) words.push({ key: 'topic', value: onvif_topic })
  return words
}
