// Calls of the residents' half: own address, own cookie, own accounts.
import { below } from '@/api/http'
import type { Me, Region } from './types'

export const BASE = '/api/v1/residents'
export const { call } = below(BASE)

/** `?a=1&b=2` of what is set; empty texts do not narrow anything. */
export function query(of: Record<string, string | number | boolean | null | undefined>): string {
  const params = new URLSearchParams()
  for (const [key, value] of Object.entries(of)) {
    if (value !== undefined && value !== null && value !== '' && value !== false) params.set(key, String(value))
  }
  const text = params.toString()
  return text === '' ? '' : `?${text}`
}

export const name = encodeURIComponent

export const door = {
  me: () => call<Me>('GET', '/session'),
  login: (account: string, password: string) => call<void>('POST', '/session', { account, password }),
  logout: () => call<void>('DELETE', '/session'),
}

export const regions = {
  /** One level below; without a code the highest ones. */
  below: (code: string) => call<{ regions: Region[] }>('GET', `/regions${query({ code })}`),
  /** Those whose names hold some words. */
  called: (words: string) => call<{ regions: Region[] }>('GET', `/regions${query({ words })}`),
  names: (codes: string[]) => call<{ names: Record<string, string> }>('GET', `/regions/names${query({ codes: codes.join(',') })}`),
}
