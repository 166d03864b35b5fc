// Which pages there are for whom. Pure.
import type { Right } from './api/types'

export interface Page {
  name: string
  path: string
  /** One of these is needed. */
  rights: Right[]
}

/** In the order of the header. */
export const PAGES: Page[] = [
  { name: 'mine', path: '/mine', rights: ['work'] },
  { name: 'tasks', path: '/tasks', rights: ['work'] },
  { name: 'people', path: '/people', rights: ['see'] },
  { name: 'conflicts', path: '/conflicts', rights: ['keep'] },
  { name: 'import', path: '/import', rights: ['keep'] },
  { name: 'rules', path: '/rules', rights: ['try_rules', 'use_rules'] },
  { name: 'workdays', path: '/workdays', rights: ['try_rules', 'use_rules'] },
  { name: 'statistics', path: '/statistics', rights: ['count'] },
  { name: 'accounts', path: '/accounts', rights: ['accounts'] },
  { name: 'audit', path: '/audit', rights: ['audit'] },
]

/** Pages that no entry of the header leads to. */
const OTHERS: Page[] = [
  { name: 'sheet', path: '/sheet', rights: ['reveal'] },
  // whoever works in the grid of somebody sees that one too
  { name: 'person', path: '/people', rights: ['see', 'work'] },
  { name: 'rule', path: '/rules', rights: ['try_rules', 'use_rules'] },
]

export function allowed(page: string, rights: readonly Right[]): boolean {
  const wanted = [...PAGES, ...OTHERS].find(({ name }) => name === page)
  return wanted?.rights.some((right) => rights.includes(right)) ?? false
}

/** What the header offers. Whoever also finds people works at a desk, where the list by grid and day says more. */
export function pagesOf(rights: readonly Right[]): Page[] {
  const desk = rights.includes('see')
  return PAGES.filter(({ name }) => allowed(name, rights) && !(name === 'tasks' && !desk))
}

/** Where somebody begins: with what the work is. */
export function homeOf(rights: readonly Right[]): string {
  const has = (right: Right) => rights.includes(right)
  if (has('work')) return has('see') ? '/tasks' : '/mine'
  if (has('use_rules')) return '/rules'
  if (has('accounts')) return '/accounts'
  if (has('audit')) return '/audit'
  return pagesOf(rights)[0]?.path ?? '/none'
}
