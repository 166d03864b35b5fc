import { beforeAll, describe, expect, it } from 'vitest'
import { setLang } from '@/i18n'
import type { Count, RuleView, Tried } from '@/residents/api/types'
import { coverage, lateShare, pieceOf, slices, sums } from '@/residents/parts/figures'
import { bars, offsetOf, standingOf } from '@/residents/parts/ruletext'
import { LOOK_OUTCOMES, OUTCOMES, VISIT_OUTCOMES, isCareful } from '@/residents/parts/tasks'
import { outcomeWords, stateWords, taskTitle } from '@/residents/parts/taskwords'
import { whyOf } from '@/residents/parts/verdict'
import { reasonWords } from '@/residents/parts/verdictwords'

beforeAll(async () => {
  const kept = new Map<string, string>()
  const storage = { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => void kept.set(key, value) }
  Object.assign(globalThis, { localStorage: storage, document: { documentElement: { lang: '' } } })
  await setLang('zh-CN')
})

describe('why a rule is not for somebody', () => {
  it.each([
    [{ wanted: 'alive', found: '2020-01-01' }, '已于 2020-01-01 去世'],
    [{ wanted: 'resident', found: '2020-01-01' }, '已于 2020-01-01 迁出'],
    [{ wanted: 'residence: 4205 4209', found: '110101001001001' }, '现住地应在 4205、4209，登记的是 110101001001001'],
    [{ wanted: 'hukou: 42', found: '110101' }, '户籍地应在 42，登记的是 110101'],
    [{ wanted: 'from 2024-10-01', found: '2020-05-01' }, '规则自 2024-10-01 起适用，而到期日是 2020-05-01'],
    [{ wanted: 'until 2026-12-31', found: '2027-05-01' }, '规则适用至 2026-12-31，而到期日是 2027-05-01'],
    [{ wanted: 'residence_months >= 6', found: '3' }, '居住满月数应不小于 6，登记的是 3'],
    [{ wanted: "sex == 'female'", found: 'male' }, '性别应为 女，登记的是 男'],
    [{ wanted: "in(identity, ['低保', '特困'])", found: '' }, '身份类别应为其中之一：低保、特困；登记的是 无'],
    [{ wanted: "under(hukou, '4205')", found: '110101' }, '户籍地应在 4205，登记的是 110101'],
    [{ wanted: "has('独生子女父母光荣证')", found: 'none' }, '没有独生子女父母光荣证'],
    [{ wanted: "has('独生子女父母光荣证')", found: 'revoked' }, '独生子女父母光荣证已收回'],
    [{ wanted: '独生子女父母光荣证', found: '' }, '没有独生子女父母光荣证'],
    [{ wanted: 'employed', found: 'false' }, '应符合“单位职工”，登记的是：否'],
    [{ wanted: '!hukou_rural', found: '' }, '应不符合“农业户口”'],
    [{ wanted: '!(sons == 1 && daughters == 0)', found: '' }, '规则要求 !(sons == 1 && daughters == 0)，登记的是 无'],
  ])('%o', (reason, words) => {
    expect(reasonWords(reason)).toBe(words)
  })

  it('is never lost, whatever a newer centre says', () => {
    expect(whyOf({ wanted: 'a new thing?', found: 'x' })).toEqual({ kind: 'other', wanted: 'a new thing?', found: 'x' })
    expect(reasonWords({ wanted: 'new_fact >= 3', found: '1' })).toBe('new_fact应不小于 3，登记的是 1')
  })
})

describe('reminders in words', () => {
  const plain = { occasion: '', outcome: null }
  it('name the occasion', () => {
    expect(taskTitle({ ...plain, rule: 'a', title: '高龄津贴', occasion: '80' })).toBe('高龄津贴（80 档）')
    expect(taskTitle({ ...plain, rule: 'a', title: '独生子女父母奖励费', occasion: 'end' })).toBe('独生子女父母奖励费（到期）')
    expect(taskTitle({ ...plain, rule: 'a', title: '' })).toBe('a')
  })

  it('of whoever is visited by a person say nothing of a reward', () => {
    const handed = { rule: 'hand-over', title: '独生子女父母奖励费', occasion: 'child_lost', outcome: null }
    // what was under way before it was handed over names the reward itself
    const before = { rule: 'only-child-award', title: '独生子女父母奖励费', occasion: 'begin', outcome: 'handed_over' }
    for (const one of [handed, before]) {
      expect(isCareful(one)).toBe(true)
      expect(taskTitle(one)).toBe('特别关心家庭：由专人上门，不发提醒')
      expect(taskTitle(one)).not.toMatch(/奖励|津贴|补贴|扶助|only-child/)
    }
    expect(isCareful({ ...before, outcome: 'handled' })).toBe(false)
  })

  it('have a word for every end', () => {
    const reminder = { ...plain, rule: 'a', state: 'over' }
    for (const outcome of [...OUTCOMES, 'no_longer', 'expired', 'handed_over']) expect(stateWords({ ...reminder, outcome }), outcome).not.toBe(outcome)
    expect(stateWords({ ...reminder, state: 'open' })).toBe('待办理')
  })

  it('have the words of the buttons for what came of them', () => {
    const reminder = { rule: 'a', occasion: '', state: 'done', outcome: 'handled' }
    expect(stateWords(reminder)).toBe('已办结')
    expect(stateWords({ ...reminder, occasion: '80@2027-01' })).toBe('仍符合，继续发放')
    expect(stateWords({ ...reminder, rule: 'hand-over' })).toBe('已上门关心')
    for (const name of VISIT_OUTCOMES) expect(stateWords({ ...reminder, rule: 'hand-over', outcome: name })).toBe(outcomeWords('visit', name))
    for (const name of LOOK_OUTCOMES) expect(stateWords({ ...reminder, occasion: '@2027-01', outcome: name })).toBe(outcomeWords('look', name))
  })
})

describe('figures', () => {
  const count = (rest: Partial<Count>): Count => ({ rule: 'a', title: 'A', part: '1', state: 'done', outcome: 'handled', tasks: 1, late: 0, ...rest })
  it('put every outcome into a part of the bar', () => {
    expect(pieceOf({ state: 'open', outcome: 'unreachable' })).toBe('open')
    expect(pieceOf({ state: 'waiting', outcome: null })).toBe('waiting')
    for (const outcome of OUTCOMES.filter((one) => one !== 'unreachable')) expect(['good', 'refused', 'gone', 'wrong']).toContain(pieceOf({ state: 'done', outcome }))
    expect(pieceOf({ state: 'over', outcome: 'expired' })).toBe('wrong')
    expect(pieceOf({ state: 'over', outcome: 'something new' })).toBe('wrong')
  })

  it('add up by rule and by part', () => {
    const counts = [
      count({ tasks: 3, late: 1 }),
      count({ part: '2', tasks: 2 }),
      count({ state: 'open', outcome: null, tasks: 5, late: 2 }),
      count({ rule: 'b', part: '2', state: 'over', outcome: 'died', tasks: 20 }),
    ]
    const [b, a] = sums(counts, 'rule')
    expect([b?.key, b?.tasks, a?.key, a?.tasks, a?.late]).toEqual(['b', 20, 'a', 10, 3])
    expect(a?.words).toEqual([{ name: 'handled', tasks: 5 }, { name: 'open', tasks: 5 }])
    expect(a && coverage(a)).toBe(0.5)
    expect(a && lateShare(a)).toBe(0.3)
    expect(a && slices(a, 20)).toEqual([
      { piece: 'good', tasks: 5, from: 0, width: 25 },
      { piece: 'open', tasks: 5, from: 25, width: 25 },
    ])
    expect(sums(counts, 'part').map(({ key, tasks }) => [key, tasks])).toEqual([['1', 8], ['2', 22]])
    expect(sums([], 'rule')).toEqual([])
  })
})

describe('rules', () => {
  it('are jumped to by line and column, in characters', () => {
    const text = 'a = 1\ntitle = "𠮷证"\nend'
    expect(offsetOf(text, 1, 1)).toBe(0)
    expect(offsetOf(text, 2, 1)).toBe(6)
    expect(text.slice(offsetOf(text, 2, 11)).startsWith('证')).toBe(true)
    expect(offsetOf(text, 2, 99)).toBe(text.indexOf('\nend'))
    expect(offsetOf(text, 99, 1)).toBe(text.length - 3)
    expect(offsetOf('', 1, 1)).toBe(0)
  })

  it('wait for somebody else', () => {
    const version = { version: 2, title: 't', text: '', made_utc: '', made_by: 'li', asked_by: null as string | null }
    const rule: RuleView = { rule: 'a', live: 1, began: null, versions: [version] }
    expect(standingOf(rule, version, 'li')).toBe('free')
    expect(standingOf(rule, { ...version, version: 1 }, 'li')).toBe('live')
    expect(standingOf(rule, { ...version, asked_by: 'li' }, 'li')).toBe('mine')
    expect(standingOf(rule, { ...version, asked_by: 'li' }, 'wang')).toBe('theirs')
  })

  it('show the grids with most reminders', () => {
    const tried: Tried = { id: 'a', version: 1, title: '', reminded: 9, pending: 0, handed_over: 0, there: 0, grids: [{ grid: '1', reminded: 2 }, { grid: '2', reminded: 8 }] }
    expect(bars(tried)).toEqual([{ grid: '2', reminded: 8, width: 100 }, { grid: '1', reminded: 2, width: 25 }])
    expect(bars(tried, 1)).toHaveLength(1)
    expect(bars({ ...tried, grids: [] })).toEqual([])
  })
})
