import { describe, expect, it } from 'vitest'
import type { OnDuty } from '@/api/duties'
import type { Person } from '@/api/org'
import { couldHandle, dispatchable, handlesFor, moved, personOption, regionOption } from '@/parts/pick/pick'

const GRID = '420502001001007'
const person = (posts: [string, string | null][], rest: Partial<Person> = {}): Person => ({
  user: 'li',
  full_name: '李伟',
  unit: '土街头社区',
  phone: '13800000001',
  posts: posts.map(([role, region]) => ({ role, region })),
  ...rest,
})
const onDuty = (user: string, role: string, region: string): OnDuty => ({
  user,
  full_name: '',
  phone: '',
  unit: '',
  role,
  region,
  since_utc: '2026-11-23T00:00:00Z',
  until_utc: '2026-11-23T12:00:00Z',
})

describe('what is offered', () => {
  it('says of a region what it lies in: grids are called alike', () => {
    const found = { code: GRID, level: 'grid', name: '第七网格', within: ['西陵区', '西陵街道', '土街头社区'] }
    expect(regionOption(found)).toEqual({ key: GRID, label: '第七网格', detail: `西陵街道 · 土街头社区 · ${GRID}` })
  })

  it('says of a person who it is, as what, where from and how to call', () => {
    const one = person([['grid_worker', GRID], ['grid_worker', '420502001001']])
    expect(personOption(one, (role) => `<${role}>`)).toEqual({
      key: 'li',
      label: '李伟',
      detail: 'li · <grid_worker> · 土街头社区 · 13800000001',
    })
    const unnamed = personOption(person([['acceptor', null]], { full_name: '', unit: '', phone: '' }), (role) => role)
    expect(unnamed).toEqual({ key: 'li', label: 'li', detail: 'acceptor' })
  })

  it('is of those on duty only who can take a case on, once each, in the order of the centre', () => {
    const people = [
      onDuty('sun', 'grid_worker', GRID),
      onDuty('zhao', 'operator', GRID),
      onDuty('chen', 'acceptor', '420502001001'),
      onDuty('sun', 'acceptor', '420502001'),
    ]
    expect(dispatchable(people).map(({ user, region }) => [user, region])).toEqual([
      ['sun', GRID],
      ['chen', '420502001001'],
    ])
  })
})

describe('a person who was looked for', () => {
  it('handles a case for the nearest region of his posts, else for its own', () => {
    expect(handlesFor(person([['acceptor', '420502001'], ['grid_worker', '420502001001']]), GRID)).toBe('420502001001')
    expect(handlesFor(person([['grid_worker', null]]), GRID)).toBe(GRID)
    expect(handlesFor(person([['operator', '420502001001']]), GRID)).toBe(GRID)
  })

  it('can take it on only with a post that covers it', () => {
    expect(couldHandle(person([['grid_worker', '420502001001']]), GRID)).toBe(true)
    expect(couldHandle(person([['acceptor', null]]), GRID)).toBe(true)
    expect(couldHandle(person([['grid_worker', '420502001002']]), GRID)).toBe(false)
    expect(couldHandle(person([['operator', GRID]]), GRID)).toBe(false)
  })
})

describe('the arrow keys', () => {
  it('walk through the list and stop at its ends', () => {
    expect([moved(-1, 1, 3), moved(0, 1, 3), moved(2, 1, 3)]).toEqual([0, 1, 2])
    expect([moved(-1, -1, 3), moved(1, -1, 3), moved(0, -1, 3)]).toEqual([2, 0, 0])
    expect(moved(-1, 1, 0)).toBe(-1)
  })
})
