// Posts, windows, people, lists: what the pages for managing decide by themselves.
import { describe, expect, it } from 'vitest'
import { wordsOf } from '@/api/client'
import type { WindowView } from '@/api/quiet'
import type { Post } from '@/api/types'
import { fitsWords } from '@/parts/listing'
import { inOrder, isChatter, mayAgree, mayEnd, stateOf } from '@/parts/quiet/windows'
import { isUserName, lackOfPosts, postsOf, rowsOf } from '@/parts/users/people'
import { governsAll, importKinds, minutesOf, placesOf } from '@/stores/posts'
import { above, isRegion, parentOf } from '@/stores/regions'

const post = (role: string, region: string | null = '420502001001'): Post => ({ role, region })
const names = (posts: Post[]) => placesOf(posts).map(({ name }) => name)

describe('posts', () => {
  it('show only pages that are of use', () => {
    expect(names([post('grid_worker')])).toEqual(['queue', 'duties', 'plans', 'catalogue', 'calendar', 'org', 'cameras'])
    expect(names([post('operator')])).toEqual([
      'queue',
      'quiet',
      'duties',
      'plans',
      'catalogue',
      'calendar',
      'org',
      'cameras',
      'reports',
    ])
    expect(names([post('grid_worker'), post('installer')])).toContain('quarantine')
    expect(names([post('admin')])).toContain('users')
  })

  it('allow imports', () => {
    expect(importKinds([post('admin', null)])).toHaveLength(6)
    // The catalogue is everybody's.
    expect(importKinds([post('admin')])).toEqual(['regions', 'outlines', 'cameras', 'posts', 'duties'])
    expect(importKinds([post('acceptor')])).toEqual(['duties'])
    expect(importKinds([post('installer')])).toEqual(['cameras'])
    expect(importKinds([post('supervisor')])).toEqual([])
  })

  it('limit for how long the room shelves', () => {
    expect(Math.max(...minutesOf('shelves', [post('operator')]))).toBe(30)
    expect(Math.max(...minutesOf('shelves', [post('operator'), post('supervisor')]))).toBeGreaterThan(480)
    expect(minutesOf('maintenance', [post('supervisor')])).toEqual([])
    expect(minutesOf('shelves', [post('inspector')])).toEqual([])
  })

  it('of an admin of everywhere change the calendar', () => {
    expect(governsAll([post('admin')])).toBe(false)
    expect(governsAll([post('operator', null)])).toBe(false)
    expect(governsAll([post('admin', null)])).toBe(true)
  })
})

const now = Date.parse('2026-11-27T03:00:00Z')
const at = (minutes: number) => new Date(now + minutes * 60_000).toISOString()
const held = (id: string, rest: Partial<WindowView> = {}): WindowView => ({
  id,
  edge: 'gw-0001',
  camera: 'hall',
  rule: null,
  reason: '施工',
  by: 'wang',
  pending: false,
  second: null,
  from_utc: at(-10),
  until_utc: at(10),
  ended_utc: null,
  ended_by: null,
  held: 0,
  ...rest,
})

describe('what is held back', () => {
  it.each([
    [{}, 'on'],
    [{ from_utc: at(5) }, 'coming'],
    // The centre's clock is known to a second or two only.
    [{ from_utc: at(0.01) }, 'on'],
    [{ pending: true }, 'pending'],
    [{ until_utc: at(-1) }, 'over'],
    [{ pending: true, until_utc: at(-1) }, 'over'],
    [{ ended_utc: at(-2), ended_by: 'li' }, 'over'],
  ])('%o is %s', (rest, state) => {
    expect(stateOf(held('a', rest), now)).toBe(state)
  })

  it('stands with what waits first and what is over last', () => {
    const windows = [
      held('old', { until_utc: at(-60) }),
      held('newer', { until_utc: at(-5) }),
      held('long', { until_utc: at(60) }),
      held('short'),
      held('waits', { pending: true, until_utc: at(600) }),
    ]
    expect(inOrder(windows, now).map(({ window }) => window.id)).toEqual(['waits', 'short', 'long', 'newer', 'old'])
  })

  it('is agreed to by a second person', () => {
    const window = held('a', { pending: true })
    expect(mayAgree('pending', window, 'li', [post('supervisor')])).toBe(true)
    expect(mayAgree('pending', window, 'wang', [post('supervisor')])).toBe(false)
    expect(mayAgree('pending', window, 'li', [post('operator')])).toBe(false)
    expect(mayAgree('on', window, 'li', [post('supervisor')])).toBe(false)
    expect(mayEnd('on', [post('operator')])).toBe(true)
    expect(mayEnd('over', [post('admin')])).toBe(false)
    expect(mayEnd('on', [post('auditor')])).toBe(false)
  })

  it('may have shelved itself', () => {
    expect(isChatter(held('a', { by: 'system', reason: 'chatter' }))).toBe(true)
    expect(isChatter(held('a', { reason: 'chatter' }))).toBe(false)
  })
})

describe('people', () => {
  it('have posts somewhere or everywhere', () => {
    const posts = [post('admin', null), post('operator')]
    expect(postsOf(rowsOf(posts))).toEqual(posts)
    expect(postsOf([{ role: 'admin', region: '4205', everywhere: true }])).toEqual([post('admin', null)])
  })

  it('need at least one post, each once, in a region that can be one', () => {
    expect(lackOfPosts([])).toBe('users.lackPosts')
    expect(lackOfPosts([{ role: 'operator', region: '42050' }])).toBe('lack.region')
    // the whole place is given to nobody who did not ask for it
    expect(lackOfPosts([{ role: 'operator', region: ' ' }])).toBe('lack.region')
    expect(lackOfPosts([{ role: 'operator', region: '', everywhere: true }])).toBeNull()
    expect(lackOfPosts(rowsOf([post('operator'), post('operator')]))).toBe('users.lackTwice')
    expect(lackOfPosts(rowsOf([post('operator'), post('operator', null)]))).toBeNull()
  })

  it('have names as the centre takes them', () => {
    for (const name of ['wang', '王某', 'li.si-2_x']) expect(isUserName(name)).toBe(true)
    for (const name of ['', 'a b', 'a/b', 'x'.repeat(65)]) expect(isUserName(name)).toBe(false)
  })
})

describe('regions and lists', () => {
  it('know what a region lies in', () => {
    expect(above('420502001001007')).toEqual(['4205', '420502', '420502001', '420502001001'])
    expect(parentOf('420502')).toBe('4205')
    expect(parentOf('4205')).toBeNull()
    expect(['4205', '42050', '420502001001007'].map(isRegion)).toEqual([true, false, true])
  })

  it('are filtered by every word', () => {
    const row = ['gw-0001/hall', '大厅', null, '第一网格']
    expect(fitsWords('', row)).toBe(true)
    expect(fitsWords('HALL 第一', row)).toBe(true)
    expect(fitsWords('hall 第二', row)).toBe(false)
  })
})

describe('sentences of the centre', () => {
  it('come in both languages', () => {
    expect(wordsOf('没有此人。', 'There is nobody.')).toEqual({ zh: '没有此人。', en: 'There is nobody.' })
    expect(wordsOf('没有此人。', null)).toEqual({ zh: '没有此人。', en: '没有此人。' })
    expect(wordsOf(null, 'Nobody.')).toEqual({ zh: 'Nobody.', en: 'Nobody.' })
    expect(wordsOf(null, null)).toBeNull()
  })
})
