// Handing many cases over at once. Pure.
import type { Approval } from '@/api/law'

/** As in the centre. */
export const MOST_CASES = 200
const NUMBER = /^\d{19,20}$/

/** Numbers of cases in a text, however they stand apart; and what is none. */
export function numbersIn(text: string): { numbers: string[]; wrong: string[] } {
  const words = [...new Set(text.split(/[\s,，;；、]+/).filter((word) => word !== ''))]
  return { numbers: words.filter((word) => NUMBER.test(word)), wrong: words.filter((word) => !NUMBER.test(word)) }
}

/** The first moment of a day, as this browser's clock has it; of the day after, with `later`. */
export function dayStart(day: string, later = 0): string | undefined {
  if (day === '') return undefined
  const at = new Date(`${day}T00:00:00`)
  at.setDate(at.getDate() + later)
  return at.toISOString()
}

/** This person's requests to hand cases over, the newest first. */
export function exportRequests(approvals: Approval[], user: string): Approval[] {
  const mine = approvals.filter(({ kind, by }) => by === user && (kind === 'bulk_export' || kind === 'unmasked_export'))
  return mine.sort((a, b) => Date.parse(b.asked_utc) - Date.parse(a.asked_utc))
}

/** Which kind of request a choice of cases needs; null: none. */
export function requestFor(cases: number, masked: boolean): 'bulk_export' | 'unmasked_export' | null {
  if (cases > 1) return 'bulk_export'
  return masked ? null : 'unmasked_export'
}
