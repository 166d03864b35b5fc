// Pictures that people brought to a case. Pure.
import type { CaseDetail, CasePicture, Moment } from '@/api/types'

export const MOMENTS: readonly Moment[] = ['before', 'after']
/** As in the centre. */
export const MOST_BYTES = 12 * 1024 * 1024
const TYPES = ['image/jpeg', 'image/png']

export function picturesOf({ pictures }: CaseDetail, moment: Moment): CasePicture[] {
  return (pictures ?? []).filter((one) => one.moment === moment)
}

/** Those that prove finished work. */
export function proofOf(detail: CaseDetail): string[] {
  return picturesOf(detail, 'after').flatMap(({ sha256, stored }) => (stored ? [sha256] : []))
}

/** Which sentence there is to say about a file before it is sent; null: none. */
export function lackOfFile({ type, size }: { type: string; size: number }): 'pictures.lackType' | 'pictures.lackSize' | null {
  if (!TYPES.includes(type)) return 'pictures.lackType'
  return size > MOST_BYTES ? 'pictures.lackSize' : null
}

/** A file's bytes as base64, in steps that fit on the stack. */
export function base64(bytes: Uint8Array): string {
  const STEP = 0x8000
  let text = ''
  for (let at = 0; at < bytes.length; at += STEP) text += String.fromCharCode(...bytes.subarray(at, at + STEP))
  return btoa(text)
}
