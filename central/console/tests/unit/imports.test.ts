import { describe, expect, it } from 'vitest'
import type { ImportReport } from '@/api/org'
import { COLUMNS, type Chosen, base64Of, mayApply, template, verdictOf } from '@/parts/org/imports'

const file: Chosen = { name: 'a.csv', bytes: 3, content: 'YWJj' }
const report = (rest: Partial<ImportReport> = {}): ImportReport => ({
  applied: false,
  new: 1,
  changed: 0,
  same: 0,
  problems: [],
  ...rest,
})

describe('an import', () => {
  const clean = { kind: 'regions' as const, file, report: report() }

  it('may be written after a clean try of this very file', () => {
    expect(mayApply('regions', file, clean)).toBe(true)
    expect(mayApply('regions', file, null)).toBe(false)
    expect(mayApply('regions', null, clean)).toBe(false)
    expect(mayApply('cameras', file, clean)).toBe(false)
    // The same words, but chosen anew: they may have been changed in between.
    expect(mayApply('regions', { ...file }, clean)).toBe(false)
  })

  it.each([
    [{ problems: [{ line: 2, zh: '错', en: 'wrong' }] }, 'problems'],
    [{ new: 0, same: 9 }, 'nothing'],
    [{ applied: true }, 'applied'],
  ])('may not be written with %o', (rest, verdict) => {
    expect(mayApply('regions', file, { ...clean, report: report(rest) })).toBe(false)
    expect(verdictOf(report(rest))).toBe(verdict)
  })

  it('is ready where something is new or changed', () => {
    expect(verdictOf(report())).toBe('ready')
    expect(verdictOf(report({ new: 0, changed: 2 }))).toBe('ready')
  })

  it('sends the bytes of the file', () => {
    expect(base64Of('data:text/csv;base64,YWJj')).toBe('YWJj')
    expect(base64Of('data:')).toBe('')
  })
})

describe('templates', () => {
  it.each(['regions', 'cameras', 'posts', 'duties', 'catalogue'] as const)('%s have a mark, headings and rows of the same width', (kind) => {
    for (const lang of ['zh-CN', 'en'] as const) {
      const { text, file: name } = template(kind, lang)
      expect(name).toBe(`${kind}.csv`)
      expect(text.startsWith('\ufeff')).toBe(true)
      const lines = text.slice(1).trimEnd().split('\r\n')
      expect(lines[0]).toBe(COLUMNS[kind].map((column) => (lang === 'en' ? column.name : column.zh)).join(','))
      expect(lines.length).toBeGreaterThan(1)
      for (const line of lines) expect(line.split(',')).toHaveLength(COLUMNS[kind].length)
    }
  })

  it('of outlines are GeoJSON with a closed ring', () => {
    const { text } = template('outlines', 'en')
    const { type, features } = JSON.parse(text) as {
      type: string
      features: { properties: { code: string }; geometry: { coordinates: number[][][] } }[]
    }
    expect(type).toBe('FeatureCollection')
    expect(features[0]?.properties.code).toHaveLength(15)
    const ring = features[0]?.geometry.coordinates[0] ?? []
    expect(ring[0]).toEqual(ring.at(-1))
  })
})
