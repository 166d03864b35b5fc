// Codes of regions. Pure.

/** Digits of the codes, highest first: city, district, street, community, grid. */
export const LEVELS = [
  { digits: 4, level: 'city' },
  { digits: 6, level: 'district' },
  { digits: 9, level: 'street' },
  { digits: 12, level: 'community' },
  { digits: 15, level: 'grid' },
] as const
const REGION = /^(\d{4}|\d{6}|\d{9}|\d{12}|\d{15})$/

export function isRegion(code: string): boolean {
  return REGION.test(code)
}

/** What it lies in, highest first; itself is not among them. */
export function above(code: string): string[] {
  return LEVELS.filter(({ digits }) => digits < code.length).map(({ digits }) => code.slice(0, digits))
}

export function levelOf(code: string): string | null {
  return LEVELS.find(({ digits }) => digits === code.length)?.level ?? null
}

/** The longest region that a code begins with, itself included: of what is typed half it gives what that lies in. */
export function within(code: string): string {
  return LEVELS.map(({ digits }) => code.slice(0, digits)).filter((one) => isRegion(one) && code.startsWith(one)).at(-1) ?? ''
}
