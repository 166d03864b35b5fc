// Long tables: filtered by words, and cut where nobody reads on. Pure.

/** More rows than anybody looks through. */
export const MOST_ROWS = 300

/** Whether every word of the filter stands somewhere in these texts. */
export function fitsWords(filter: string, texts: (string | null)[]): boolean {
  const words = filter.trim().toLowerCase().split(/\s+/)
  const whole = texts.join('\n').toLowerCase()
  return words.every((word) => whole.includes(word))
}
