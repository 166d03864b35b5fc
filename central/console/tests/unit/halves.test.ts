// Residents and video are kept apart by law: neither half's pages load anything of the other.
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const src = resolve(import.meta.dirname, '../../src')
const OWN = 'residents/'

/** What belongs to neither half. Whoever adds a file here says that it knows neither cameras nor residents. */
const NEUTRAL = [
  /^api\/http\.ts$/,
  /^(format|i18n|sentence|theme)\.ts$/,
  /^locales\/(common|residents)\.(zh-CN|en)\.json$/,
  /^parts\/(LoginCard|PasswordOnce|SheetFailure|SheetMessage|ShellBrand|ShellTools)\.vue$/,
  /^parts\/(csv|keys|listing|paths)\.ts$/,
  /^parts\/pick\/(ComboBox\.vue|option\.ts)$/,
  /^stores\/(ask|now|signedout)\.ts$/,
  /^styles\/(base|pick|sheet|shell)\.css$/,
]

function files(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.(ts|vue)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
}

/** Files of the source that a file names in an import, a re-export, a lazy import, a style or a glob. */
function named(file: string): string[] {
  const text = readFileSync(file, 'utf8')
  const quoted = [
    ...text.matchAll(/\bfrom\s+'([^']+)'/g),
    ...text.matchAll(/\bimport\s+'([^']+)'/g),
    ...text.matchAll(/\bimport\(\s*'([^']+)'\s*\)/g),
    ...text.matchAll(/<style[^>]*\bsrc="([^"]+)"/g),
    ...[...text.matchAll(/import\.meta\.glob[^(]*\(\s*\[?([^\])]*)/g)].flatMap(([, list]) => [...(list ?? '').matchAll(/'([^']+)'/g)]),
  ].map((match) => match[1] ?? '')
  return quoted
    .filter((one) => /^(@\/|\.)/.test(one))
    .map((one) => found(one.startsWith('@/') ? join(src, one.slice(2)) : join(dirname(file), one)))
}

function found(path: string): string {
  for (const end of ['', '.ts', '/index.ts']) if (/\.\w+$/.test(path + end) && existsSync(path + end)) return relative(src, path + end)
  // a glob, which is named as it is written
  return relative(src, path)
}

const all = files(src).map((path) => ({ file: relative(src, path), names: named(path) }))
const of = new Map(all.map(({ file, names }) => [file, names]))
const isOwn = (file: string) => file.startsWith(OWN)
const isNeutral = (file: string) => NEUTRAL.some((one) => one.test(file))

describe('the residents’ half', () => {
  it('is read by this test', () => {
    expect(all.filter(({ file }) => isOwn(file)).length).toBeGreaterThan(40)
    expect(of.get('residents/router.ts')).toContain('residents/pages/MinePage.vue')
    expect(of.get('residents/texts.ts')).toContain('locales/residents.zh-CN.json')
    expect(of.get('parts/pick/ComboBox.vue')).toContain('styles/pick.css')
    expect(of.get('stores/session.ts')).toContain('api/client.ts')
  })

  it('names only its own files and neutral ones', () => {
    const foreign = all.filter(({ file }) => isOwn(file)).flatMap(({ file, names }) =>
      names.filter((one) => !isOwn(one) && !isNeutral(one)).map((one) => `${file} → ${one}`),
    )
    expect(foreign).toEqual([])
  })

  it('is named by no file of the other half', () => {
    const foreign = all.filter(({ file }) => !isOwn(file)).flatMap(({ file, names }) => names.filter(isOwn).map((one) => `${file} → ${one}`))
    expect(foreign).toEqual([])
  })

  it('has neutral files that name neutral ones only, types included', () => {
    const foreign = all.filter(({ file }) => isNeutral(file)).flatMap(({ file, names }) =>
      names.filter((one) => !isNeutral(one)).map((one) => `${file} → ${one}`),
    )
    expect(foreign).toEqual([])
  })

  it('asks its own address only, and the other half never does', () => {
    for (const { file } of all) {
      const text = readFileSync(join(src, file), 'utf8')
      const addresses = [...text.matchAll(/'(\/api\/v\d+[^']*)'/g)].map((match) => match[1] ?? '')
      if (isOwn(file)) expect(addresses.filter((one) => one !== '/api/v1/residents'), file).toEqual([])
      else expect(addresses.filter((one) => one.includes('residents')), file).toEqual([])
    }
  })

  it('shows only texts that its pages load', () => {
    const groups = (name: string) => Object.keys(JSON.parse(readFileSync(join(src, 'locales', name), 'utf8')) as object)
    const known = new Set([...groups('common.zh-CN.json'), ...groups('residents.zh-CN.json')])
    for (const { file } of all.filter((one) => isOwn(one.file) || isNeutral(one.file))) {
      const text = readFileSync(join(src, file), 'utf8')
      const asked = [...text.matchAll(/\b(?:t|named)\(\s*['`](\w+)[.']/g)].map((match) => match[1] ?? '')
      expect(asked.filter((group) => !known.has(group)), file).toEqual([])
    }
  })

  it('is a page of its own', () => {
    const page = readFileSync(resolve(src, '../residents.html'), 'utf8')
    expect([...page.matchAll(/<script[^>]*src="([^"]+)"/g)].map((match) => match[1])).toEqual(['/src/residents/main.ts'])
    expect(readFileSync(resolve(src, '../index.html'), 'utf8')).not.toContain('residents')
  })
})
