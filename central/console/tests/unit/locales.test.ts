import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { VIEW_REASONS } from '@/api/law'
import { ACTIONS } from '@/parts/actions'
import { EVERY_DAY } from '@/parts/duties/roster'
import { COLUMNS } from '@/parts/org/imports'
import { STEPS } from '@/parts/progress'
import { TURNS } from '@/parts/hooks/hooks'
import { RESOURCES } from '@/parts/plans/plans'
import { REASONS } from '@/parts/reasons'
import { FILTER_NAMES } from '@/stores/filters'
import { PLACES, ROLES } from '@/stores/posts'
import { BEHAVIORS, ENDED, LEVELS, STAGES, UNDECIDED, WORKING } from '@/stores/states'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** `{ a: { b: 'x' } }` → `a.b` → `x` */
function flat(messages: object, prefix = ''): Map<string, string> {
  const all = new Map<string, string>()
  for (const [key, value] of Object.entries(messages)) {
    if (typeof value === 'string') all.set(prefix + key, value)
    else for (const [inner, text] of flat(value as object, `${prefix}${key}.`)) all.set(inner, text)
  }
  return all
}

type Messages = Record<string, object>
const zhFiles = import.meta.glob<Messages>('@/locales/*zh-CN.json', { eager: true, import: 'default' })
const enFiles = import.meta.glob<Messages>('@/locales/*en.json', { eager: true, import: 'default' })
const chinese = flat(Object.assign({}, ...Object.values(zhFiles)) as object)
const english = flat(Object.assign({}, ...Object.values(enFiles)) as object)
const holes = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((hole) => hole[1]).sort()

/** All names of an enum in a JSON schema of the contract. */
function enumOf(schema: string, name: string): string[] {
  const text = readFileSync(join(root, '../../alert/schema', schema), 'utf8')
  const found = (JSON.parse(text) as { $defs: Record<string, { oneOf: { const: string }[] }> }).$defs[name]
  return found?.oneOf.map((one) => one.const) ?? []
}

describe('the languages', () => {
  it('keep no group in two files, where one would hide the other', () => {
    const groups = Object.values(zhFiles).flatMap((file) => Object.keys(file))
    expect(groups.filter((group, at) => groups.indexOf(group) !== at)).toEqual([])
    for (const [name, file] of Object.entries(zhFiles)) {
      const other = enFiles[name.replace('zh-CN.json', 'en.json')]
      expect(Object.keys(other ?? {}).sort(), name).toEqual(Object.keys(file).sort())
    }
  })

  it('say the same things', () => {
    expect([...english.keys()].sort()).toEqual([...chinese.keys()].sort())
  })

  it.each([...chinese.keys()])('%s has a text with the same holes in both', (key) => {
    expect(chinese.get(key)?.trim()).not.toBe('')
    expect(english.get(key)?.trim()).not.toBe('')
    expect(holes(english.get(key) ?? '')).toEqual(holes(chinese.get(key) ?? ''))
    // `@` and `|` mean something to vue-i18n.
    expect(`${chinese.get(key)}${english.get(key)}`).not.toMatch(/[@|]/)
  })

  it('have every text that the source asks for', () => {
    const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    const asked = new Set<string>()
    for (const file of files.filter((name) => /\.(vue|ts)$/.test(name))) {
      const source = readFileSync(join(root, 'src', file), 'utf8')
      for (const [, key] of source.matchAll(/\bt\(\s*'([\w.]+)'/g)) if (key !== undefined) asked.add(key)
    }
    expect(asked.size).toBeGreaterThan(40)
    expect([...asked].filter((key) => !chinese.has(key))).toEqual([])
  })
})

describe('every name of the contract has a text', () => {
  it.each([
    ['alert-v1.json', 'Phase', 'phase'],
    ['alert-v1.json', 'EndReason', 'endReason'],
    ['alert-v1.json', 'ClockQuality', 'clock'],
    ['alert-v1.json', 'EvidenceKind', 'case'],
    ['camera-state-v1.json', 'BlindCause', 'cause'],
    ['camera-state-v1.json', 'Watch', 'watch'],
    ['status-v1.json', 'EdgeState', 'edgeState'],
  ])('%s %s', (schema, name, group) => {
    const names = enumOf(schema, name)
    expect(names.length).toBeGreaterThan(1)
    expect(names.filter((one) => !chinese.has(`${group}.${one}`))).toEqual([])
  })

  it('reasons for a false alarm', () => {
    expect(REASONS.filter(({ code }) => !chinese.has(`reason.${code}`))).toEqual([])
  })

  it('what can be done to a case, as a button, in its form and in the log', () => {
    const asked = ACTIONS.flatMap(({ name, fields }) => [
      `action.${name}`,
      `change.${name}`,
      ...fields.map((field) => `field.${name}_${field.name}`),
      ...fields
        .filter(({ kind }) => kind === 'yesno')
        .flatMap((field) => [`choice.${field.name}_yes`, `choice.${field.name}_no`]),
    ])
    expect(asked.filter((key) => !chinese.has(key))).toEqual([])
  })

  it.each([
    ['state', [...UNDECIDED, ...WORKING, ...ENDED]],
    ['level', LEVELS],
    ['behavior', BEHAVIORS],
    ['stage', STAGES],
    ['progress.step', STEPS],
    ['queue.states', FILTER_NAMES],
    ['role', ROLES],
    ['import.kinds', Object.keys(COLUMNS)],
    ['import.hints', Object.keys(COLUMNS)],
    ['duties.weekday', EVERY_DAY.map(String)],
    ['duties.covers', ['none', 'some', 'all']],
    ['duties.coversShort', ['none', 'some', 'all']],
    ['duties.lack', ['user', 'region', 'place', 'dates', 'weekdays', 'times']],
    ['periods.states', ['on', 'coming', 'over']],
    ['periods.lack', ['name', 'region', 'times', 'past']],
    ['catalogue.limit', ['s', 'min', 'h', 'd', 'wh', 'wd']],
    ['split', ['new', 'known', 'all', 'lackReason', 'lackCase']],
    ['viewReason', [...VIEW_REASONS]],
    ['approvalKind', ['bulk_export', 'unmasked_export', 'early_purge']],
    ['approvalStanding', ['waiting', 'agreed', 'refused', 'used', 'over']],
    ['resource', RESOURCES],
    ['hooks.turn', [...TURNS, 'test']],
    ['nav', PLACES.map(({ name }) => name)],
  ])('%s', (group, names) => {
    expect(names.filter((name) => !chinese.has(`${group}.${name}`))).toEqual([])
  })
})
