import { beforeAll, describe, expect, it } from 'vitest'
import { setLang } from '@/i18n'
import type { Conflict } from '@/residents/api/types'
import { choicesOf, detailWords, mustChoose } from '@/residents/parts/conflictwords'
import { errandOf } from '@/residents/parts/tasks'
import { occasionWords } from '@/residents/parts/taskwords'

beforeAll(async () => {
  const kept = new Map<string, string>()
  const storage = { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => void kept.set(key, value) }
  Object.assign(globalThis, { localStorage: storage, document: { documentElement: { lang: '' } } })
  await setLang('zh-CN')
})

describe('what is to be settled', () => {
  const conflict = (kind: string, detail: string) =>
    ({ person: 1, name: '王芳', grid: null, kind, detail, found_utc: '', settled_utc: null, settled_by: null, settlement: null }) as Conflict

  it('is said in words', () => {
    expect(detailWords(conflict('birth', '1966-12-27 / 1966-12-20'))).toEqual(['1966-12-27 / 1966-12-20'])
    expect(detailWords(conflict('sex', 'male / female'))).toEqual(['男 / 女'])
    const two = '高龄津贴\t80\talive\t2026-03-05\n奖励费\tbegin\tvisit\tnot_eligible'
    const [dead, visited] = detailWords(conflict('stop', two))
    expect(dead).toContain('高龄津贴（80 档）')
    expect(dead).toContain('已于 2026-03-05 去世')
    expect(visited).toContain('上门复核：不符合')
  })

  it('offers a choice where there is one', () => {
    expect(choicesOf('birth')).toEqual(['id_number', 'household_book'])
    expect(mustChoose('birth')).toBe(false)
    expect(choicesOf('died')).toEqual(['confirmed', 'mistaken'])
    expect(mustChoose('died')).toBe(true)
    expect(choicesOf('stop')).toEqual([])
  })

  it('knows a later visit by its month', () => {
    expect(occasionWords('80@2026-12')).toBe('80 档 2026-12 复核')
    expect(occasionWords('@2026-12')).toBe('2026-12 复核')
    expect(errandOf({ rule: 'a', occasion: '80@2026-12' })).toBe('look')
    expect(errandOf({ rule: 'hand-over', occasion: 'child-lost' })).toBe('visit')
    expect(errandOf({ rule: 'a', occasion: '80' })).toBe('paper')
  })
})
