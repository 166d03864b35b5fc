import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { ApiDocument, TokenView } from '@/api/tokens'
import { callsOf } from '@/parts/tokens/calls'
import { NEW_TOKEN, lackOfToken, stateOf, tokenOf } from '@/parts/tokens/tokens'

describe('a token that is typed in', () => {
  const row = { ...NEW_TOKEN, name: ' 大屏 ' }

  it.each([
    [row, null],
    [{ ...row, name: 'a b' }, 'users.lackName'],
    [{ ...row, name: '' }, 'users.lackName'],
    [{ ...row, region: '42' }, 'lack.region'],
    [{ ...row, region: '420502' }, null],
    [{ ...row, days: '731' }, 'tokens.lackDays'],
    [{ ...row, days: '0' }, 'tokens.lackDays'],
    [{ ...row, days: 'x' }, 'tokens.lackDays'],
    [{ ...row, days: '' }, 'tokens.lackDays'],
  ] as const)('%o lacks %s', (typed, lack) => {
    expect(lackOfToken(typed)).toBe(lack)
  })

  it('is sent without what was left empty', () => {
    expect(tokenOf(row)).toEqual({ name: '大屏', role: 'auditor', days: 365 })
    expect(tokenOf({ ...row, region: ' 420502 ', prefix: '10.0.0.0/8 ' })).toEqual({
      name: '大屏',
      role: 'auditor',
      days: 365,
      region: '420502',
      prefix: '10.0.0.0/8',
    })
  })
})

describe('a token', () => {
  const now = Date.parse('2026-11-27T00:00:00Z')
  const token = { expires_utc: '2027-11-27T00:00:00Z', revoked_utc: null } as TokenView

  it('says when it wants attention', () => {
    expect(stateOf(token, now)).toBe('good')
    expect(stateOf({ ...token, expires_utc: '2026-12-20T00:00:00Z' }, now)).toBe('soon')
    expect(stateOf({ ...token, expires_utc: '2026-11-27T00:00:00Z' }, now)).toBe('expired')
    expect(stateOf({ ...token, revoked_utc: '2026-11-01T00:00:00Z' }, now)).toBe('revoked')
  })
})

describe('the document', () => {
  const text = readFileSync(join(import.meta.dirname, '../../../openapi.json'), 'utf8')
  const calls = callsOf(JSON.parse(text) as ApiDocument)

  it('is listed call by call', () => {
    expect(calls.length).toBeGreaterThan(25)
    expect(calls.every(({ call }) => call.summary !== '' && call.tags.length === 1)).toBe(true)
    expect(calls.find(({ method, path }) => method === 'POST' && path === '/api/v1/session')?.open).toBe(true)
    expect(calls.find(({ path }) => path === '/api/v1/cases')?.open).toBe(false)
  })
})
