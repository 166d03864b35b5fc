// Names that the contract of the centre has for what these pages show: each has words, and each list of them is whole.
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import en from '@/locales/residents.en.json'
import zh from '@/locales/residents.zh-CN.json'
import { ROLES } from '@/residents/parts/accounts'
import { choicesOf } from '@/residents/parts/conflictwords'
import { DEEDS } from '@/residents/parts/deeds'
import { LOOK_OUTCOMES, OUTCOMES, VISIT_OUTCOMES } from '@/residents/parts/tasks'
import { PAGES } from '@/residents/rights'

interface Schema {
  enum?: string[]
  oneOf?: { const?: string; enum?: string[]; properties?: { kind?: { enum?: string[] } } }[]
}
const file = resolve(import.meta.dirname, '../../../openapi.json')
const { schemas } = (JSON.parse(readFileSync(file, 'utf8')) as { components: { schemas: Record<string, Schema> } }).components

/** Names of an enum, or kinds of a union. */
function namesOf(schema: string): string[] {
  const { enum: plain, oneOf = [] } = schemas[schema] ?? {}
  return plain ?? oneOf.flatMap((one) => one.enum ?? one.const ?? one.properties?.kind?.enum ?? [])
}

function group(texts: object, path: string): Record<string, unknown> {
  return path.split('.').reduce((inner, name) => inner[name] as Record<string, unknown>, (texts as { res: Record<string, unknown> }).res)
}

describe('every name of the contract', () => {
  it.each([
    ['AuditDeed', 'deed'],
    ['ResidentsRole', 'role'],
    ['ResidentsRole', 'roleWhy'],
    ['ReminderOutcome', 'outcome'],
    ['ReminderOutcome', 'outcomeWhy'],
    ['PaperConflict', 'conflict'],
    ['Gone', 'conflict'],
    ['ReminderStanding', 'whyOf'],
    ['RuleVerdict', 'verdict'],
    ['SettlementChoice', 'choice'],
    ['Marital', 'marital'],
    ['Relation', 'relation'],
    ['Sex', 'value'],
  ])('%s has words in %s', (schema, path) => {
    const names = namesOf(schema)
    expect(names.length).toBeGreaterThan(1)
    for (const texts of [zh, en]) expect(names.filter((name) => typeof group(texts, path)[name] !== 'string')).toEqual([])
  })

  it.each([
    ['AuditDeed', DEEDS],
    ['ResidentsRole', ROLES],
    ['ReminderOutcome', [...new Set([...OUTCOMES, ...VISIT_OUTCOMES, ...LOOK_OUTCOMES])]],
    ['SettlementChoice', [...choicesOf('birth'), ...choicesOf('died'), ...choicesOf('name'), ...choicesOf('twice')]],
  ])('%s stands in its list', (schema, list) => {
    expect([...list].sort()).toEqual(namesOf(schema).sort())
  })

  it('of a right is one that pages know', () => {
    const rights = namesOf('Right')
    expect(PAGES.flatMap((page) => page.rights).filter((right) => !rights.includes(right))).toEqual([])
  })
})
