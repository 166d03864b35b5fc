// The console calls nothing that is not in the API's document (central/openapi.json).
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const here = import.meta.dirname
const document = JSON.parse(readFileSync(join(here, '../../../openapi.json'), 'utf8')) as {
  paths: Record<string, Record<string, unknown>>
}
/** Method and address, every part in braces as `{}`. */
const known = new Set(
  Object.entries(document.paths).flatMap(([path, item]) =>
    Object.keys(item).map((method) => `${method.toUpperCase()} ${path.replaceAll(/\{[^}]*\}/g, '{}')}`),
  ),
)

/** What is in quotes after `at`, as an address of the document. */
function address(quoted: string, base = '/api/v1'): string {
  let path = ''
  let depth = 0
  for (let at = 0; at < quoted.length; at += 1) {
    if (quoted.startsWith('${', at)) {
      // what is put in behind an address's end is a query
      if (depth === 0) path += path.endsWith('/') ? '{}' : '?'
      depth += 1
      at += 1
    } else if (quoted[at] === '}' && depth > 0) depth -= 1
    else if (depth === 0) path += quoted[at]
  }
  return `${base}${path.split('?')[0]}`
}

/** The text of a string that begins at `at` with a quote. */
function quotedAt(text: string, at: number): string {
  const quote = text[at] ?? ''
  let depth = 0
  for (let end = at + 1; end < text.length; end += 1) {
    if (quote === '`' && text.startsWith('${', end)) depth += 1
    else if (text[end] === '}' && depth > 0) depth -= 1
    else if (text[end] === quote && depth === 0) return text.slice(at + 1, end)
  }
  throw new Error(`a string without an end at ${text.slice(at, at + 40)}`)
}

function calls(text: string, base = '/api/v1'): string[] {
  const found: string[] = []
  for (const match of text.matchAll(/\bcall(?:<[^(]*>)?\(\s*'([A-Z]+)',\s*(?=['"`])/g))
    found.push(`${match[1]} ${address(quotedAt(text, match.index + match[0].length), base)}`)
  for (const match of text.matchAll(/\beveryRow(?:<[^(]*>)?\(\s*(?=['"`])/g))
    found.push(`GET ${address(quotedAt(text, match.index + match[0].length))}`)
  // `everyRow` hands on what it was given
  return found.filter((call) => call !== 'GET /api/v1')
}

/** Addresses that the browser itself fetches. */
function addresses(text: string): string[] {
  return [...text.matchAll(/`\$\{BASE\}(\/[^`]*)`/g)].map((match) => `GET ${address(match[1] ?? '')}`)
}

function files(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.(ts|vue)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
}

describe('the console', () => {
  const api = files(join(here, '../../src/api')).map((file) => ({ file, text: readFileSync(file, 'utf8') }))
  const all = api.flatMap(({ text }) => [...calls(text), ...addresses(text)])

  it('calls only what the document has', () => {
    expect(all.length).toBeGreaterThan(20)
    expect(all.filter((call) => !known.has(call))).toEqual([])
  })

  it('is read to its last call by this test', () => {
    for (const { file, text } of api) {
      const written = [...text.matchAll(/(?<!function )\b(?:call|everyRow)(?:<[^(]*>)?\(/g)].length
      const inside = file.endsWith('client.ts') ? 1 : 0
      expect(calls(text).length, file).toBe(written - inside)
    }
  })

  const residents = '/api/v1/residents'
  const theirs = files(join(here, '../../src/residents/api')).map((file) => ({ file, text: readFileSync(file, 'utf8') }))

  it('calls only what the document has of residents', () => {
    const found = [...theirs.flatMap(({ text }) => calls(text, residents)), `POST ${residents}/import`]
    expect(found.filter((call) => !known.has(call))).toEqual([])
  })

  it('is read to its last call of residents, too', () => {
    expect(theirs.flatMap(({ text }) => calls(text, residents)).length).toBeGreaterThan(30)
    for (const { file, text } of theirs) {
      const written = [...text.matchAll(/(?<!function )\bcall(?:<[^(]*>)?\(/g)].length
      expect(calls(text, residents).length, file).toBe(written)
    }
  })

  it('asks the centre nowhere else', () => {
    const others = files(join(here, '../../src')).filter((file) => !file.includes('/api/'))
    for (const file of others) {
      const text = readFileSync(file, 'utf8')
      expect(text.includes('fetch('), file).toBe(false)
      expect(/\/api\/v\d/.test(text), file).toBe(false)
    }
  })
})
