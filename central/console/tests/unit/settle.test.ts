import { beforeAll, describe, expect, it } from 'vitest'
import { setLang } from '@/i18n'
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
  const words = (kind: string, detail: string) => detailWords({ kind, detail })
  it.each([
    ['birth', '1990-03-05 / 1990-03-06', '证件号码 1990-03-05 / 户口簿 1990-03-06'],
    ['sex', 'male / female', '证件号码 男 / 户口簿 女'],
    ['sex', 'male / ', '证件号码 男 / 户口簿 –'],
    ['name', '李*', '文件中的姓名：李*'],
    ['died', '2026-11-20', '上报日：2026-11-20'],
    ['age', '1890-01-01', '出生日期：1890-01-01'],
    ['age', '', ''],
    ['a new kind', 'x', 'x'],
  ])('%s %s', (kind, detail, text) => {
    expect(words(kind, detail)).toEqual([{ text }])
  })

  it('lead to whoever may be the same', () => {
    expect(words('twice', '#123')).toEqual([{ text: '另一份登记：居民编号 123', person: 123 }])
    expect(words('twice', 'x')).toEqual([{ text: 'x' }])
  })

  it('say why to stop, benefit by benefit', () => {
    expect(words('stop', '高龄津贴\t80\talive\t2026-01-01\n津贴\t\tvisit\tnot_eligible').map(({ text }) => text)).toEqual([
      '高龄津贴（80 档）：已于 2026-01-01 去世，请停发并核对是否多发',
      '津贴：上门复核：不再符合，请停发并核对是否多发',
    ])
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
