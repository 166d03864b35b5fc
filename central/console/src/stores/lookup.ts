// Finds the case that a person means: by its number, or by what its address contains.
import type { CasePage } from '@/api/types'
import type { CaseQuery } from '@/api/client'

const ID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/i
/** Nineteen digits, more on a day with very many cases. */
const NUMBER = /^\d{19,20}$/
const PAGE = 200
/** Beyond so many pages of open cases it is faster to open the other case and copy its address. */
const PAGES = 10

/** The same, where only a case other than this one will do: its id, or the name of the sentence that says why there is none. */
export async function findOther(
  text: string,
  own: string,
  list: (query: CaseQuery) => Promise<CasePage>,
): Promise<{ id: string; why: null } | { id: null; why: 'noCase' | 'sameCase' }> {
  const id = await findCase(text, list)
  if (id === null) return { id, why: 'noCase' }
  return id === own ? { id: null, why: 'sameCase' } : { id, why: null }
}

/** The case's id; null: there is no open case of that number, or the text is neither. */
export async function findCase(
  text: string,
  list: (query: CaseQuery) => Promise<CasePage>,
): Promise<string | null> {
  const id = ID.exec(text)?.[0]
  if (id !== undefined) return id.toLowerCase()
  const number = text.replace(/\s/g, '')
  if (!NUMBER.test(number)) return null
  let after: string | undefined
  for (let page = 0; page < PAGES; page += 1) {
    const { cases, next } = await list({ open: true, limit: PAGE, after })
    const found = cases.find((row) => row.number === number)
    if (found !== undefined) return found.id
    if (next === null) return null
    after = next
  }
  return null
}
