// The calls of the document in one list. Pure.
import type { ApiCall, ApiDocument } from '@/api/tokens'

export interface ListedCall {
  method: string
  path: string
  call: ApiCall
  /** Needs neither a session nor a token. */
  open: boolean
}

export function callsOf(document: ApiDocument): ListedCall[] {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, call]) => ({
      method: method.toUpperCase(),
      path,
      call,
      open: call.security?.some((way) => Object.keys(way).length === 0) ?? false,
    })),
  )
}
