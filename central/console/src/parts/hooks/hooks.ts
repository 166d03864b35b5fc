// Receivers of webhooks: what a form begins with, how one stands. Pure.
import type { HookView, Wish } from '@/api/outside'

export const TURNS = ['opened', 'changed', 'escalated', 'closed']
export const FORMATS = ['json', 'cap']

export function blankWish(region: string | null): Wish {
  return { name: '', url: 'https://', region, news: ['opened', 'escalated', 'closed'], severity: 2, format: 'json', enabled: true }
}

/** Only what the centre takes, and as it takes it. */
export function wishOf({ name, url, region, news, severity, format, enabled }: Wish): Wish {
  const code = region?.trim() ?? ''
  return { name: name.trim(), url: url.trim(), region: code === '' ? null : code, news, severity, format, enabled }
}

export type Standing = 'off' | 'failing' | 'on'

export function standingOf({ enabled, failures }: HookView): Standing {
  if (!enabled) return 'off'
  return failures > 0 ? 'failing' : 'on'
}
