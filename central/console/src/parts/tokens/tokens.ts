// Tokens as they are typed in, and what state one is in. Pure.
import type { NewToken, TokenView } from '@/api/tokens'
import { isUserName } from '@/parts/users/people'
import { isRegion } from '@/stores/regions'

export interface TokenRow {
  name: string
  role: string
  region: string
  prefix: string
  days: string
}

/** As in the centre. */
export const USUAL_DAYS = 365
export const LONGEST_DAYS = 730

export const NEW_TOKEN: TokenRow = { name: '', role: 'auditor', region: '', prefix: '', days: String(USUAL_DAYS) }

/** Which sentence there is to say about it; null: nothing is wrong. The centre checks the addresses. */
export function lackOfToken(row: TokenRow): 'users.lackName' | 'lack.region' | 'tokens.lackDays' | null {
  if (!isUserName(row.name.trim())) return 'users.lackName'
  if (row.region.trim() !== '' && !isRegion(row.region.trim())) return 'lack.region'
  const days = Number(row.days)
  return Number.isInteger(days) && days >= 1 && days <= LONGEST_DAYS ? null : 'tokens.lackDays'
}

export function tokenOf(row: TokenRow): NewToken {
  const some = (text: string) => (text.trim() === '' ? undefined : text.trim())
  const [region, prefix] = [some(row.region), some(row.prefix)]
  return {
    name: row.name.trim(),
    role: row.role,
    days: Number(row.days),
    ...(region === undefined ? {} : { region }),
    ...(prefix === undefined ? {} : { prefix }),
  }
}

/** Days before its end from which on a token wants attention. */
const SOON_DAYS = 30

export function stateOf(token: TokenView, now: number): 'revoked' | 'expired' | 'soon' | 'good' {
  if (token.revoked_utc !== null) return 'revoked'
  const left = Date.parse(token.expires_utc) - now
  if (left <= 0) return 'expired'
  return left < SOON_DAYS * 86_400_000 ? 'soon' : 'good'
}
