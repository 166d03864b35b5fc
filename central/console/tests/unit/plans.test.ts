import { describe, expect, it } from 'vitest'
import type { HookView, Near } from '@/api/outside'
import { codeWords } from '@/parts/codes'
import { blankWish, standingOf, wishOf } from '@/parts/hooks/hooks'
import { wordsOf } from '@/parts/logwords'
import { blankPlan, byKind, distance, missingOf, tidied, wordsIn } from '@/parts/plans/plans'

const near = (id: string, kind: string): Near => ({
  id,
  kind,
  name: id,
  region: '420502001001',
  phone: '',
  note: '',
  position: null,
  metres: null,
})

describe('the checklist of a case', () => {
  it('knows what is missing', () => {
    const mark = { by: 'wang', utc: '2026-11-23T06:00:00Z' }
    const plan = { plan: 'fall', version: 1, steps: 4, required: [0, 2, 3], opened_utc: mark.utc, ticks: { 0: { mark }, 1: { mark } } }
    expect(missingOf(plan)).toEqual([2, 3])
    expect(missingOf(undefined)).toEqual([])
  })

  it('is read in the language of the page where it was written in it', () => {
    expect(wordsIn({ zh: '到场', en: 'Arrive' }, 'en')).toBe('Arrive')
    expect(wordsIn({ zh: '到场' }, 'en')).toBe('到场')
    expect(wordsIn({ zh: '到场', en: 'Arrive' }, 'zh-CN')).toBe('到场')
  })

  it('says in the log what was ticked and what was taken back', () => {
    expect(wordsOf({ change: 'ticked', step: 0, done: true, note: '已看' })).toMatchObject({ head: '预案步骤 · 第 1 步', words: ['已看'] })
    expect(wordsOf({ change: 'ticked', step: 1, done: false }).head).toBe('预案步骤 · 撤销第 2 步')
    expect(wordsOf({ change: 'plan_opened', plan: 'fall', version: 3 }).head).toBe('启动预案 · 倒地 第 3 版')
    expect(wordsOf({ change: 'plan_opened', plan: 'east-gate', version: 1 }).head).toBe('启动预案 · east-gate 第 1 版')
  })
})

describe('a plan that is written', () => {
  it('is sent without what is empty', () => {
    const body = blankPlan('420502')
    body.title = { zh: ' 倒地 ', en: ' ' }
    body.region = ' '
    body.steps = [{ zh: ' 看 ', en: 'Look', required: true, deadline_secs: 60, role: 'operator' }, { zh: '到', required: false, role: '' }]
    expect(tidied(body)).toMatchObject({
      title: { zh: '倒地' },
      region: null,
      steps: [
        { zh: '看', en: 'Look', required: true, deadline_secs: 60, role: 'operator' },
        { zh: '到', required: false },
      ],
    })
    expect(tidied(body).steps[1]).toEqual({ zh: '到', required: false })
  })
})

describe('resources nearby', () => {
  it('are grouped by kind in the order of the centre', () => {
    const groups = byKind([near('a', 'aed'), near('b', 'aed'), near('c', 'police')])
    expect(groups.map(({ kind, resources }) => [kind, resources.length])).toEqual([['aed', 2], ['police', 1]])
  })

  it('say how far they are', () => {
    expect([null, 95.6, 1_449].map(distance)).toEqual([
      { key: 'unknown', n: '' },
      { key: 'metres', n: '96' },
      { key: 'km', n: '1.4' },
    ])
  })
})

describe('receivers', () => {
  it('stand as they answer', () => {
    const hook = (rest: Partial<HookView>) => standingOf({ enabled: true, failures: 0, ...rest } as HookView)
    expect([hook({}), hook({ failures: 3 }), hook({ enabled: false, failures: 3 })]).toEqual(['on', 'failing', 'off'])
  })

  it('are sent as the centre takes them', () => {
    const shown = { ...blankWish(''), name: ' a ', id: 'x', waiting: 3 }
    expect(Object.keys(wishOf(shown)).sort()).toEqual(['enabled', 'format', 'name', 'news', 'region', 'severity', 'url'])
    expect(wishOf(shown)).toMatchObject({ name: 'a', region: null })
  })
})

describe('codes of other systems', () => {
  it('say where the standard has none', () => {
    expect(codeWords({ alarm_priority: 1, alarm_method: 5, onvif_topic: 'tns1:X' }).map(({ value }) => value)).toEqual([
      '1',
      '方式 5 · 标准中没有',
      'tns1:X',
    ])
    expect(codeWords({ alarm_priority: 2, alarm_method: 5, alarm_type: 6, event_type: 1 })[1]?.value).toBe('方式 5 · 6 入侵 · 事件类型 1')
  })
})
