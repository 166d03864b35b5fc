// Tokens of machines, and the document of the API, as xunge-central sends them.
import { call, everyRow } from './client'
import type { Post } from './types'

export interface TokenView {
  name: string
  post: Post
  /** Addresses that it may come from, such as `10.2.0.0/16`; null is any. */
  prefix: string | null
  /** Null where the command line made it. */
  made_by: string | null
  created_utc: string
  expires_utc: string
  /** Within a minute. */
  last_used_utc: string | null
  revoked_utc: string | null
  revoked_by: string | null
}

export interface NewToken {
  name: string
  role: string
  region?: string
  prefix?: string
  days: number
}

/** As much of OpenAPI as the page shows. */
export interface ApiDocument {
  info: { title: string; version: string; description: string }
  tags: { name: string; description: string }[]
  paths: Record<string, Record<string, ApiCall>>
}

export interface ApiCall {
  tags: string[]
  summary: string
  description?: string
  parameters?: { name: string; in: string; description?: string; required?: boolean }[]
  requestBody?: unknown
  responses: Record<string, { description?: string }>
  security?: Record<string, unknown>[]
}

export const tokens = {
  list: () => everyRow<TokenView>('/tokens', 'tokens'),
  add: (token: NewToken) => call<{ token: string; expires_utc: string }>('POST', '/tokens', token),
  revoke: (name: string) => call<void>('DELETE', `/tokens/${encodeURIComponent(name)}`),
  document: () => call<ApiDocument>('GET', '/openapi.json'),
}
