import { describe, expect, it } from 'vitest'
import { fullTime } from '@/format'
import { wordsOf } from '@/parts/logwords'
import { catalogue } from '@/stores/catalogue'

describe('the log in words', () => {
  it.each([
    [{ change: 'decided', verdict: 'false_alarm', reason: 'foliage', note: '风大' }, '作出判定 · 误报 · 树叶', ['风大']],
    [{ change: 'decided', verdict: 'real', class: 'emergency' }, '作出判定 · 属实 · 紧急处理', []],
    [{ change: 'dispatched', to: { region: '420502001001' } }, '派遣 · 派给 420502001001', []],
    [
      { change: 'dispatched', to: { region: '420502001001', user: 'wang' }, note: '先看东门' },
      '派遣 · 派给 wang (420502001001)',
      ['先看东门'],
    ],
    [{ change: 'returned', reason: '不在本网格' }, '回退', ['不在本网格']],
    [{ change: 'pause_answered', approved: false, note: '可以做' }, '答复挂账 · 不同意', ['可以做']],
    [{ change: 'checked', passed: false, note: '杂物还在' }, '核查 · 不通过', ['杂物还在']],
    [
      { change: 'handled', note: '已清理', excuse: '手机没电', distance_m: 12.4 },
      '处置完成 · 距摄像机 12 米',
      ['已清理', '说明：手机没电'],
    ],
    [{ change: 'timer', stage: 'handle', percent: 150 }, '时限 · 处置已用 150% · 升一级并督办', []],
    [{ change: 'timer', stage: 'handle', percent: 80 }, '时限 · 处置已用 80%', []],
    [{ change: 'timer', stage: 'ack', percent: 400 }, '时限 · 签收已用 400% · 报至街镇', []],
    [{ change: 'raised', severity: 1 }, '提高紧急程度 · 紧急', []],
  ])('%o', (change, head, words) => {
    expect(wordsOf(change)).toEqual({ head, words, other: null })
  })

  it('say when a suspended case is looked at again', () => {
    const review_utc = '2026-11-24T02:00:00Z'
    expect(wordsOf({ change: 'pause_asked', cause: '等料', review_utc })).toEqual({
      head: `申请挂账 · ${fullTime(review_utc)} 复查`,
      words: ['等料'],
      other: null,
    })
  })

  it('say who was called, and what went out by itself', () => {
    expect(wordsOf({ change: 'called', user: 'li', level: 'community' }).head).toBe('无人签收，已呼叫 li（社区）')
    expect(wordsOf({ change: 'called', user: 'li', level: 'community' }, { taken: true }).head).toBe('超时，已呼叫 li（社区）')
    const sent = { change: 'dispatched', to: { region: '420502001001', user: 'wang' } }
    expect(wordsOf(sent, { actor: 'system' }).head).toBe('自动派遣 · 派给 wang (420502001001)')
    expect(wordsOf(sent, { actor: 'zhao' }).head).toBe('派遣 · 派给 wang (420502001001)')
  })

  it('name a category by its steps where the catalogue knows it', () => {
    const filed = { change: 'decided', verdict: 'real', category: '010203' }
    expect(wordsOf(filed).head).toBe('作出判定 · 属实 · 010203')
    catalogue.value = [
      { code: '010203', large: '公共安全', middle: '人身安全', small: '人员倒地', class: null, handle: null, behaviors: [] },
    ]
    expect(wordsOf(filed).head).toBe('作出判定 · 属实 · 公共安全 / 人身安全 / 人员倒地')
    catalogue.value = []
  })

  it('lead to other cases', () => {
    expect(wordsOf({ change: 'registered', from: 'f', reason: '另一件事', severity: 2 })).toEqual({
      head: '登记案件（由另一案件拆分） · 重要',
      words: ['另一件事'],
      other: 'f',
    })
    expect(wordsOf({ change: 'joined', from: 'f', reason: '另一件事' }).head).toBe('并入一条告警（由另一案件拆分）')
    expect(wordsOf({ change: 'merged', master: 'm', reason: '同一处' })).toMatchObject({ words: ['同一处'], other: 'm' })
    expect(wordsOf({ change: 'split', to: 's', reason: '另一件事' })).toEqual({
      head: '拆出一条告警',
      words: ['另一件事'],
      other: 's',
    })
  })

  it('show names of a newer centre as they are', () => {
    expect(wordsOf({ change: 'something_new', verdict: 'maybe', stage: 'later', percent: 5 })).toEqual({
      head: 'something_new · maybe · later已用 5%',
      words: [],
      other: null,
    })
  })
})
