// What is filed as what, which alerts leave a case, who was called, and key periods.
import { describe, expect, it } from 'vitest'
import type { Category } from '@/api/catalogue'
import type { Period } from '@/api/periods'
import { callsOf, isCalled, waiting } from '@/parts/calls'
import { limitOf, presetOf, treeOf } from '@/parts/catalogue/categories'
import { type PeriodDraft, inOrder, lackOfPeriod, periodOf, stateOf } from '@/parts/periods/periods'
import { edgeOf, firstAlert, lackOfSplit, leaving, maySplit } from '@/parts/splitting'
import { findOther } from '@/stores/lookup'
import { alert, detail, summary, work } from './make'

const category = (code: string, path: string, behaviors: string[] = []): Category => {
  const [large = '', middle = '', small = ''] = path.split('/')
  return { code, large, middle, small, class: null, handle: null, behaviors }
}

describe('the catalogue', () => {
  const all = [
    category('010101', '公共安全/治安/滋事', ['crowd', 'running']),
    category('010203', '公共安全/人身安全/人员倒地', ['fall']),
    category('010299', '公共安全/人身安全/其他', ['fall', 'loitering', 'crowd']),
    category('020101', '市容环境/治安/占道'),
  ]

  it('is a tree of three steps in its own order', () => {
    expect(treeOf(all)).toEqual([
      {
        value: '/公共安全',
        label: '公共安全',
        children: [
          { value: '/公共安全/治安', label: '治安', children: [{ value: '010101', label: '滋事' }] },
          {
            value: '/公共安全/人身安全',
            label: '人身安全',
            children: [
              { value: '010203', label: '人员倒地' },
              { value: '010299', label: '其他' },
            ],
          },
        ],
      },
      {
        // The same name in another branch is another step.
        value: '/市容环境',
        label: '市容环境',
        children: [{ value: '/市容环境/治安', label: '治安', children: [{ value: '020101', label: '占道' }] }],
      },
    ])
    expect(treeOf([])).toEqual([])
  })

  it('takes a behavior for the category that says least else', () => {
    expect(presetOf(all, 'fall')?.code).toBe('010203')
    expect(presetOf(all, 'crowd')?.code).toBe('010101')
    expect(presetOf(all, 'loitering')?.code).toBe('010299')
    expect(presetOf(all, 'tamper')).toBeNull()
    expect(presetOf([], 'fall')).toBeNull()
    // Of equal ones the first.
    expect(presetOf([category('b', 'x/y/z', ['fall']), category('a', 'x/y/w', ['fall'])], 'fall')?.code).toBe('b')
  })

  it('says how long handling may take', () => {
    expect(['2h', '1wd', '30min', '1.5d', '4wh'].map(limitOf)).toEqual([
      { n: '2', unit: 'h' },
      { n: '1', unit: 'wd' },
      { n: '30', unit: 'min' },
      { n: '1.5', unit: 'd' },
      { n: '4', unit: 'wh' },
    ])
    expect(['soon', '2 weeks', ''].map(limitOf)).toEqual([null, null, null])
  })
})

describe('a split', () => {
  const log = [{ index: 1, utc: '', actor: 'system', hash: '', change: { change: 'registered', edge: 'gw-0001', alert_id: 'a' } }]
  const full = detail([alert('a', 1, []), { ...alert('b', 2, []), edge: 'gw-0002' }, alert('c', 3, [])], { may: ['split'], log })

  it('is possible where the centre says so and there is something to leave', () => {
    expect(maySplit(full)).toBe(true)
    expect(maySplit({ ...full, may: ['decided'] })).toBe(false)
    expect(maySplit({ ...full, alerts: full.alerts.slice(0, 1) })).toBe(false)
  })

  it('keeps the alert that the case began with, and forgets those that are gone', () => {
    expect(firstAlert(full)).toBe('a')
    expect(firstAlert(detail([]))).toBeNull()
    expect(leaving(full, new Set(['a', 'b', 'gone']))).toEqual([{ edge: 'gw-0002', alert_id: 'b' }])
    expect(leaving(full, new Set(['c']))).toEqual([{ edge: 'gw-0001', alert_id: 'c' }])
    expect(full.alerts.map((one) => edgeOf(one, full))).toEqual(['gw-0001', 'gw-0002', 'gw-0001'])
  })

  it('needs a reason, a case where one is meant, and something that stays', () => {
    const some = leaving(full, new Set(['b']))
    expect(lackOfSplit(full, some, '另一件事', null)).toBeNull()
    expect(lackOfSplit(full, some, ' ', null)).toBe('lackReason')
    expect(lackOfSplit(full, some, '另一件事', ' ')).toBe('lackCase')
    expect(lackOfSplit(detail([alert('b', 1, [])]), some, '另一件事', null)).toBe('all')
  })

  it('goes to another case than this one', async () => {
    const id = '019365a4-0000-7000-8000-00000000000a'
    const none = () => Promise.resolve({ cases: [], next: null })
    expect(await findOther(id, 'other', none)).toEqual({ id, why: null })
    expect(await findOther(id, id, none)).toEqual({ id: null, why: 'sameCase' })
    expect(await findOther('4205022026112399999', id, none)).toEqual({ id: null, why: 'noCase' })
  })
})

describe('calls', () => {
  const called = [{ user: 'li', utc: '2026-11-23T06:02:00Z', level: 'grid' }]

  it('are mine until somebody takes it', () => {
    expect(isCalled(summary('a', 1, { called }), 'li')).toBe(true)
    expect(isCalled(summary('a', 1, { called }), 'wang')).toBe(false)
    expect(isCalled(summary('a', 1), 'li')).toBe(false)
    // The centre names only calls that wait for an answer: for late handling somebody has long taken it.
    expect(isCalled(summary('a', 1, { called, taken: true, handler: 'wang' }), 'li')).toBe(true)
    expect(waiting(summary('a', 1, { called: [...called, ...called] }))).toEqual(waiting(summary('a', 1, { called })))
    expect(isCalled(summary('a', 1, { called, state: 'closed' }), 'li')).toBe(false)
  })

  it('stand beside the case or in it', () => {
    expect(callsOf(detail([], { called }))).toEqual(called)
    expect(callsOf(detail([], { case: work('verifying', { called }) }))).toEqual(called)
    // Once somebody has taken it the summary names nobody any more.
    expect(callsOf(detail([], { called: [], case: work('filed', { called }) }))).toEqual(called)
    expect(callsOf(detail([]))).toEqual([])
  })
})

describe('key periods', () => {
  const now = Date.parse('2026-11-27T03:00:00Z')
  const period = (id: string, from: number, until: number): Period => ({
    id,
    name: id,
    region: '4205',
    by: 'li',
    from_utc: new Date(now + from * 3_600_000).toISOString(),
    until_utc: new Date(now + until * 3_600_000).toISOString(),
  })

  it('last, come or are over', () => {
    expect(stateOf(period('a', -1, 1), now)).toBe('on')
    expect(stateOf(period('a', 1, 2), now)).toBe('coming')
    expect(stateOf(period('a', -2, 0), now)).toBe('over')
  })

  it('stand in the order in which they matter', () => {
    const all = [period('old', -9, -8), period('late', 5, 6), period('soon', 1, 9), period('past', -4, -3), period('on', -1, 1)]
    expect(inOrder(all, now).map(({ period: { id } }) => id)).toEqual(['on', 'soon', 'late', 'past', 'old'])
  })

  it('need a name, a region and times that are not over', () => {
    const draft: PeriodDraft = { name: ' 春节 ', region: '4205', from: '2027-02-05T00:00', until: '2027-02-12T00:00' }
    expect(lackOfPeriod(draft, now)).toBeNull()
    expect(lackOfPeriod({ ...draft, name: ' ' }, now)).toBe('name')
    expect(lackOfPeriod({ ...draft, region: '42' }, now)).toBe('region')
    expect(lackOfPeriod({ ...draft, until: draft.from }, now)).toBe('times')
    expect(lackOfPeriod({ ...draft, from: '' }, now)).toBe('times')
    expect(lackOfPeriod({ ...draft, from: '2026-01-01T00:00', until: '2026-01-02T00:00' }, now)).toBe('past')
    expect(periodOf(draft)).toEqual({
      name: '春节',
      region: '4205',
      from_utc: new Date(2027, 1, 5).toISOString(),
      until_utc: new Date(2027, 1, 12).toISOString(),
    })
  })
})
