// What is hidden, and why somebody wants to see it. Pure.

export const REASONS = ['contact', 'verify', 'paper', 'other']
/** What was revealed vanishes again after. */
export const SHOWN_MS = 60_000
/** Letters of a reason; the centre wants no fewer. */
const FEWEST = 2

/** The words that stand in the log; null where there are none yet. */
export function reasonText(preset: string | null, words: string, textOf: (preset: string) => string): string | null {
  if (preset === null) return null
  if (preset !== 'other') return textOf(preset)
  const own = words.trim()
  return [...own].length >= FEWEST ? own : null
}

/** `tel:` takes no blanks. Of two numbers the first is called; an extension is dialled after a pause. */
export function telOf(phone: string): string {
  const [first = ''] = phone.split('/')
  const [number = '', extension = ''] = first.split('转').map((part) => part.replaceAll(/[^\d+*#]/g, ''))
  return `tel:${number}${extension === '' ? '' : `,${extension}`}`
}
