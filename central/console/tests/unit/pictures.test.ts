import { describe, expect, it } from 'vitest'
import type { CasePicture } from '@/api/types'
import { ACTIONS, blank, changeOf, lackOf } from '@/parts/actions'
import { base64, lackOfFile, picturesOf, proofOf } from '@/parts/pictures/pictures'
import { detail } from './make'

const picture = (sha256: string, rest: Partial<CasePicture> = {}): CasePicture => ({
  sha256,
  bytes: 1,
  moment: 'after',
  fix: null,
  by: 'li',
  utc: '2026-11-23T06:00:00Z',
  stored: true,
  ...rest,
})

describe('pictures of the work', () => {
  const made = detail([], { pictures: [picture('a'), picture('b', { moment: 'before' }), picture('c', { stored: false })] })

  it('are of before or of after', () => {
    expect(picturesOf(made, 'before').map(({ sha256 }) => sha256)).toEqual(['b'])
    expect(picturesOf(made, 'after').map(({ sha256 }) => sha256)).toEqual(['a', 'c'])
    expect(picturesOf(detail([]), 'after')).toEqual([])
  })

  it('prove finished work as long as they are here, so that no excuse is needed', () => {
    expect(proofOf(made)).toEqual(['a'])
    const handled = ACTIONS.find(({ name }) => name === 'handled')!
    const values = { ...blank(handled, made, 0), note: '已扶起' }
    expect(lackOf(handled, values, 0)).toEqual({ field: 'excuse', why: 'words' })
    const proved = { ...values, pictures: proofOf(made).join(' ') }
    expect(lackOf(handled, proved, 0)).toBeNull()
    expect(changeOf('handled', proved)).toEqual({ change: 'handled', note: '已扶起', pictures: ['a'] })
  })

  it('are JPEG or PNG, and no larger than the centre takes', () => {
    expect(lackOfFile({ type: 'image/jpeg', size: 12 * 1024 * 1024 })).toBeNull()
    expect(lackOfFile({ type: 'image/heic', size: 1 })).toBe('pictures.lackType')
    expect(lackOfFile({ type: 'image/png', size: 12 * 1024 * 1024 + 1 })).toBe('pictures.lackSize')
  })

  it('travel as base64, however large', () => {
    const bytes = Uint8Array.from({ length: 100_001 }, (_, at) => at % 251)
    expect(base64(bytes)).toBe(Buffer.from(bytes).toString('base64'))
  })
})
