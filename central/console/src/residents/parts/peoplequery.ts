// What people are looked for by, and what is wrong with it. Pure.

/** 15 digits as they were until 1999, or 18 characters. */
export function isNumber(text: string): boolean {
  return /^(\d{15}|\d{17}[\dXx])$/.test(text.trim())
}

export interface PeopleForm {
  name: string
  number: string
  region: string
}

/** The name of a sentence; null: nothing is wrong. */
export function lackOf({ name, number, region }: PeopleForm, isRegion: (code: string) => boolean): 'nothing' | 'number' | 'region' | null {
  if (region !== '' && !isRegion(region)) return 'region'
  if (number.trim() !== '' && !isNumber(number)) return 'number'
  return name.trim() === '' && number.trim() === '' && region === '' ? 'nothing' : null
}
