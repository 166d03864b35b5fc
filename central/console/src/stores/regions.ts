// Regions that have been asked for: lists by what they lie in, and names of codes.
import { reactive } from 'vue'
import { ApiError } from '@/api/client'
import { type RegionView, org } from '@/api/org'

/** Digits of the codes, highest first: city, district, street, community, grid. */
export const DIGITS = [4, 6, 9, 12, 15]
const REGION = /^(\d{4}|\d{6}|\d{9}|\d{12}|\d{15})$/

export function isRegion(code: string): boolean {
  return REGION.test(code)
}

/** What it lies in, highest first; itself is not among them. */
export function above(code: string): string[] {
  return DIGITS.filter((digits) => digits < code.length).map((digits) => code.slice(0, digits))
}

export function parentOf(code: string): string | null {
  return above(code).at(-1) ?? null
}

const names = reactive(new Map<string, string>())
const lists = new Map<string | null, Promise<RegionView[]>>()

export function regionsBelow(parent: string | null): Promise<RegionView[]> {
  const known = lists.get(parent)
  if (known !== undefined) return known
  const list = org.regions(parent).then(({ regions }) => {
    for (const { code, name } of regions) names.set(code, name)
    return regions
  })
  lists.set(parent, list)
  // What failed is asked again next time.
  list.catch(() => lists.delete(parent))
  return list
}

/** Fetches the names of these codes, a list for each of what they lie in. A name that is not known is no error. */
export function wantNames(codes: Iterable<string | null>): void {
  const parents = new Set<string | null>()
  for (const code of codes) if (code !== null && isRegion(code) && !names.has(code)) parents.add(parentOf(code))
  for (const parent of parents) {
    regionsBelow(parent).catch((error: unknown) => {
      if (!(error instanceof ApiError)) throw error
    })
  }
}

/** A search has said it. */
export function keepName(code: string, name: string): void {
  names.set(code, name)
}

/** Null while it is not known. */
export function nameOf(code: string): string | null {
  return names.get(code) ?? null
}

/** An import has changed them. */
export function forgetRegions(): void {
  lists.clear()
  names.clear()
}
