// Names of regions, fetched together for all that stand on a page.
import { reactive } from 'vue'
import { ApiError } from '@/api/http'
import { signedOut } from '@/stores/signedout'
import { regions } from './api/calls'
import type { Region } from './api/types'
import { above, isRegion } from './region'

/** The centre gives no more of those that are called somehow. */
export const MOST_FOUND = 50
/** Codes of one call. */
const MOST = 200
const names = reactive(new Map<string, string>())
/** Asked for, known or not. */
const asked = new Set<string>()
let waiting: string[] = []

/** Fetches the names of these and of what they lie in. A name that is not known is no error: the code stands there then. */
export function wantNames(codes: Iterable<string | null>): void {
  for (const code of codes) {
    if (code === null || !isRegion(code)) continue
    for (const one of [...above(code), code]) {
      if (asked.has(one)) continue
      asked.add(one)
      if (waiting.length === 0) queueMicrotask(() => void fetchNames())
      waiting.push(one)
    }
  }
}

async function fetchNames(): Promise<void> {
  const codes = waiting
  waiting = []
  for (let from = 0; from < codes.length; from += MOST) {
    const part = codes.slice(from, from + MOST)
    try {
      const found = await regions.names(part)
      for (const [code, name] of Object.entries(found.names)) names.set(code, name)
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      // They are asked for again with the next page.
      for (const code of part) asked.delete(code)
      if (error.status === 401) signedOut()
    }
  }
}

/** The code where the name is not known. */
export function placeName(code: string): string {
  return names.get(code) ?? code
}

/** `西陵区 › 西陵街道 › 第一网格`: the last `most` of what it lies in, and itself. */
export function placeTrail(code: string, most = 3): string {
  return [...above(code), code]
    .slice(-most)
    .map(placeName)
    .join(' › ')
}

/** One level below; not kept, as an import of the organisation may change it. */
export async function regionsBelow(code: string): Promise<Region[]> {
  const found = (await regions.below(code)).regions
  for (const { code: one, name } of found) names.set(one, name)
  return found
}

/** Those whose names hold some words, wherever they lie. */
export async function regionsCalled(words: string): Promise<Region[]> {
  const found = (await regions.called(words)).regions
  for (const { code: one, name } of found) names.set(one, name)
  wantNames(found.map(({ code }) => code))
  return found
}
