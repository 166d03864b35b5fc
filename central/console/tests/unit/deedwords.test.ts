import { beforeAll, describe, expect, it } from 'vitest'
import { setLang } from '@/i18n'
import { deedWords } from '@/residents/parts/deedwords'
import { DEEDS } from '@/residents/parts/deeds'

beforeAll(async () => {
  const kept = new Map<string, string>()
  const storage = { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => void kept.set(key, value) }
  Object.assign(globalThis, { localStorage: storage, document: { documentElement: { lang: '' } } })
  await setLang('zh-CN')
})

describe('an entry of the log', () => {
  it.each([
    ['login', null, ''],
    ['account', { account: 'wang', password: true }, 'wang：新密码'],
    ['account', { account: 'wang', full_name: '王某', closed: false, posts: [{ role: 'clerk', region: '' }] }, 'wang：姓名、启用、社区专干 全部辖区'],
    ['find', { by: ['name', 'region'], region: '420502', found: 3 }, '按姓名、420502查找，3 条结果'],
    ['see', 'why', '提醒原因'],
    ['reveal', 'phone', '电话'],
    ['import', ['a.csv', 'ab12', 3, 2, 1, 0], 'a.csv：新增 3、变更 2、迁出 1、有误 0'],
    ['settle', ['birth', { choice: 'id_number', day: null }], '出生日期不一致、以证件号码为准'],
    ['settle', ['died', { choice: 'confirmed', day: '2026-11-01' }], '听说已去世、属实、2026-11-01'],
    ['sheet', { region: null, people: [1, 2] }, '全部辖区，2 人'],
    ['outcome', [12, 'handled'], '提醒 12：已办结'],
    ['rule_added', [['elder-card', 2]], 'elder-card 第 2 版'],
    ['rule_used', ['elder-card', 2, 'asked'], 'elder-card 第 2 版：申请启用'],
    ['rule_used', ['elder-card', 'retired'], 'elder-card：停用'],
    ['workdays', [['2026-10-01', false], ['2026-10-02', null]], '2026-10-01 起，2 天'],
    ['regions', 5, '5 个辖区'],
    ['rotate', 9, '9 人的信息'],
  ])('%s %j', (what, detail, words) => {
    expect(DEEDS).toContain(what)
    expect(deedWords(what, detail === null ? '' : JSON.stringify(detail))).toBe(words)
  })

  it('says nothing of what it does not understand', () => {
    expect(deedWords('sheet', '"x"')).toBe('')
    expect(deedWords('import', 'no JSON')).toBe('')
    expect(deedWords('something new', '{}')).toBe('')
  })
})
