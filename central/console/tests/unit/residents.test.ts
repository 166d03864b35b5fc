import { describe, expect, it } from 'vitest'
import type { Column, ImportDone, TaskView } from '@/residents/api/types'
import { lineReader } from '@/residents/api/lines'
import { query } from '@/residents/api/calls'
import { dayOf, isDay } from '@/residents/days'
import { draft, draftsOf, forgetDrafts, keepDraft } from '@/residents/drafts'
import { lackOf as lackOfAccount, changeOf, cleanPosts, rowsOf } from '@/residents/parts/accounts'
import { difference, folded } from '@/residents/parts/diff'
import { ageOn, childTraits, factLines } from '@/residents/parts/facts'
import { decoded, headingsOf, lacking, meant, ownColumns } from '@/residents/parts/headings'
import { ofRows, ofWhole, verdictOf } from '@/residents/parts/importdone'
import { isNumber, lackOf as lackOfPeople } from '@/residents/parts/peoplequery'
import { problemCsv } from '@/residents/parts/problemfile'
import { reasonText, telOf } from '@/residents/parts/reveal'
import { filterOf, queryOf, sheetQueryOf } from '@/residents/parts/taskquery'
import { afterLook, afterOutcome, byUrgency, grouped, isLate, needsNote, toggled, untilOf, waits } from '@/residents/parts/tasks'
import { isException, sorted, span } from '@/residents/parts/workdays'
import { above, isRegion, levelOf, within } from '@/residents/region'
import { PAGES, allowed, homeOf, pagesOf } from '@/residents/rights'

const task = (rest: Partial<TaskView> = {}): TaskView => ({
  task: 1,
  person: 7,
  name: '王某',
  grid: '420502001001001',
  address: '一号楼',
  rule: 'elder-card',
  title: '老年人优待证',
  occasion: '',
  state: 'open',
  due: '2026-12-18',
  apply: '2026-12-18',
  deadline: '2026-12-03',
  released: '2026-11-27',
  told: 1,
  outcome: null,
  note: null,
  ...rest,
})

describe('lines of an answer that comes in pieces', () => {
  it('are whole wherever the pieces begin and end', () => {
    const text = '{"rows":5000}\n{"rows":10000}\r\n\n{"done":{"added":1,"file":"表\\n"}}\n'
    const whole = [{ rows: 5000 }, { rows: 10000 }, { done: { added: 1, file: '表\n' } }]
    for (let size = 1; size <= text.length; size += 1) {
      const lines = lineReader()
      const found: unknown[] = []
      for (let at = 0; at < text.length; at += size) found.push(...lines.take(text.slice(at, at + size)))
      found.push(...lines.end())
      expect(found, `pieces of ${size}`).toEqual(whole)
    }
  })

  it('count without a line end, too, unless they were cut off', () => {
    const lines = lineReader()
    expect(lines.take('{"rows":1}\n{"done":')).toEqual([{ rows: 1 }])
    expect(lines.take('{}}')).toEqual([])
    expect(lines.end()).toEqual([{ done: {} }])
    expect(lines.end()).toEqual([])
    lines.take('{"do')
    expect(lines.end()).toEqual([])
  })
})

describe('addresses', () => {
  it('have only what is set', () => {
    expect(query({ a: 'x y', b: 0, c: '', d: null, e: undefined, f: false, g: true })).toBe('?a=x+y&b=0&g=true')
    expect(query({})).toBe('')
  })

  it('say which reminders are shown, and nothing wrong', () => {
    expect(filterOf({})).toEqual({ state: 'open', rule: '', region: '', until: '', late: false })
    expect(queryOf(filterOf({}))).toEqual({})
    const full = { state: 'all', rule: 'elder-card', region: '420502', until: '2026-12-01', late: '1' }
    expect(queryOf(filterOf(full))).toEqual(full)
    expect(sheetQueryOf(filterOf(full))).toEqual({ rule: 'elder-card', region: '420502', until: '2026-12-01', late: '1' })
    expect(filterOf({ state: 'x', region: '42050', until: '2026-02-30', late: 'yes' })).toEqual(filterOf({}))
  })
})

describe('days', () => {
  it('are those of the place that one is at', () => {
    expect(dayOf(new Date(2026, 0, 5, 23, 59).getTime())).toBe('2026-01-05')
  })

  it.each([
    ['2026-02-28', true],
    ['2026-02-29', false],
    ['2026-13-01', false],
    ['20260101', false],
    ['0202-01-01', false],
    ['', false],
  ])('%s', (text, fine) => {
    expect(isDay(text)).toBe(fine)
  })

  it('of a holiday lie in one year', () => {
    expect(span('2026-10-01', '2026-10-03')).toEqual(['2026-10-01', '2026-10-02', '2026-10-03'])
    expect(span('2026-10-03', '2026-10-01')).toBe(null)
    expect(span('2026-12-31', '2027-01-01')).toBe(null)
    expect(span('', '')).toBe(null)
  })

  it('are exceptions where they differ from their week', () => {
    expect(isException({ day: '2026-10-01', works: false })).toBe(true)
    expect(isException({ day: '2026-10-01', works: true })).toBe(false)
    // a Saturday
    expect(isException({ day: '2026-10-10', works: true })).toBe(true)
    expect(sorted([{ day: '2026-10-02', works: false }, { day: '2026-10-01', works: false }]).map(({ day }) => day)).toEqual(['2026-10-01', '2026-10-02'])
  })
})

describe('regions', () => {
  it('know their levels and what they lie in', () => {
    expect(isRegion('4205')).toBe(true)
    expect(isRegion('42050')).toBe(false)
    expect(above('420502001')).toEqual(['4205', '420502'])
    expect(levelOf('420502001001001')).toBe('grid')
    expect(levelOf('42')).toBe(null)
    expect(within('42050')).toBe('4205')
    expect(within('420502')).toBe('420502')
    expect(within('42')).toBe('')
  })
})

describe('rights', () => {
  it.each([
    [['work', 'reveal'], '/mine', ['mine']],
    [['work', 'see', 'reveal', 'keep', 'count', 'try_rules'], '/tasks', ['mine', 'tasks', 'people', 'conflicts', 'import', 'rules', 'workdays', 'statistics']],
    [['see', 'try_rules', 'use_rules', 'count'], '/rules', ['people', 'rules', 'workdays', 'statistics']],
    [['audit', 'count'], '/audit', ['statistics', 'audit']],
    [['accounts', 'audit'], '/accounts', ['accounts', 'audit']],
    [[], '/none', []],
  ] as const)('%s begin at %s', (rights, home, pages) => {
    expect(homeOf(rights)).toBe(home)
    expect(pagesOf(rights).map(({ name }) => name)).toEqual(pages)
  })

  it('keep pages from those who have none of theirs', () => {
    expect(allowed('person', ['work'])).toBe(true)
    expect(allowed('people', ['work'])).toBe(false)
    expect(allowed('sheet', ['work'])).toBe(false)
    expect(allowed('nonsense', ['work'])).toBe(false)
    expect(PAGES.every(({ rights }) => rights.length > 0)).toBe(true)
  })
})

describe('reminders', () => {
  it('are late when their deadline is over and nobody has answered', () => {
    expect(isLate(task(), '2026-12-03')).toBe(false)
    expect(isLate(task(), '2026-12-04')).toBe(true)
    expect(isLate(task({ state: 'done' }), '2026-12-04')).toBe(false)
    expect(isLate(task({ deadline: null }), '2027-01-01')).toBe(false)
    expect(untilOf(task({ deadline: null }))).toBe('2026-12-18')
  })

  it('wait for what cannot be applied for yet once somebody was there', () => {
    const more = { phone_masked: null, basis: '', department: '', office: null, marital: null }
    const detail = (steps: string[], done: number[], rest: Partial<TaskView> = {}) => ({ ...task(rest), ...more, steps, done })
    expect(waits(detail(['告知'], []))).toBe(true)
    expect(waits(detail(['告知'], [0]))).toBe(false)
    expect(waits(detail([], []))).toBe(false)
    expect(waits(detail(['告知'], [], { apply: '2026-12-03' }))).toBe(false)
    const rows = [task(), task({ task: 2 })]
    expect(afterLook(rows, task({ deadline: '2027-01-04', title: '' }))).toEqual([task({ deadline: '2027-01-04' }), task({ task: 2 })])
  })

  it('stand by urgency on the phone, by grid and day at the desk', () => {
    const rows = [task({ task: 1, deadline: '2026-12-09' }), task({ task: 2, deadline: '2026-11-01' }), task({ task: 3, deadline: null })]
    expect(byUrgency(rows).map((one) => one.task)).toEqual([2, 1, 3])
    expect(rows[0]?.task).toBe(1)
    const groups = grouped([
      task({ task: 1 }),
      task({ task: 2, apply: '2026-12-20' }),
      task({ task: 3, apply: '2026-12-20' }),
      task({ task: 4, grid: '420502001001002', apply: '2026-12-20' }),
    ])
    expect(groups.map(({ grid, days }) => [grid.slice(-1), days.map(({ tasks }) => tasks.map((one) => one.task))])).toEqual([
      ['1', [[1], [2, 3]]],
      ['2', [[4]]],
    ])
  })

  it('stop, all of one person, when that one has died or left', () => {
    const rows = [task({ task: 1 }), task({ task: 2, state: 'waiting' }), task({ task: 3, state: 'done', outcome: 'handled' }), task({ task: 4, person: 8 })]
    const states = (outcome: string) => afterOutcome(rows, task({ task: 1 }), outcome).map((row) => `${row.state} ${row.outcome ?? ''}`)
    expect(states('handled')).toEqual(['done handled', 'waiting ', 'done handled', 'open '])
    expect(states('died')).toEqual(['done died', 'over died', 'done handled', 'open '])
    expect(states('unreachable')[0]).toBe('open unreachable')
  })

  it('are ticked off step by step', () => {
    expect(toggled([], 2)).toEqual([2])
    expect(toggled([2, 0], 1)).toEqual([0, 1, 2])
    expect(toggled([0, 1], 1)).toEqual([0])
    expect(needsNote('wrong_data')).toBe(true)
    expect(needsNote('handled')).toBe(false)
  })
})

describe('what is typed and not saved', () => {
  it('stays until it is saved or somebody else comes', () => {
    const none = { outcome: null, note: '' }
    draftsOf('wang')
    keepDraft(1, { outcome: 'handled', note: '已代办' })
    draftsOf('wang')
    expect(draft(1)).toEqual({ outcome: 'handled', note: '已代办' })
    expect(draft(2)).toEqual(none)
    keepDraft(1, none)
    expect(draft(1)).toEqual(none)
    keepDraft(1, { outcome: null, note: 'x' })
    draftsOf('li')
    expect(draft(1)).toEqual(none)
    keepDraft(1, { outcome: null, note: 'x' })
    forgetDrafts()
    expect(draft(1)).toEqual(none)
  })
})

describe('what is hidden', () => {
  it('wants a reason of two letters', () => {
    const text = (name: string) => `${name}!`
    expect(reasonText(null, '回访', text)).toBe(null)
    expect(reasonText('contact', '', text)).toBe('contact!')
    expect(reasonText('other', ' 查 ', text)).toBe(null)
    expect(reasonText('other', ' 回访 ', text)).toBe('回访')
  })

  it('is dialled without blanks', () => {
    expect(telOf('0717-622 1234')).toBe('tel:07176221234')
    expect(telOf('+86 138 0000 0000')).toBe('tel:+8613800000000')
    expect(telOf('0717-6221234 转 801')).toBe('tel:07176221234,801')
    expect(telOf('13800000000/13900000000')).toBe('tel:13800000000')
  })
})

describe('people', () => {
  it('are looked for by something', () => {
    expect(isNumber('11010519491231000X')).toBe(true)
    expect(isNumber(' 110105491231000 ')).toBe(true)
    expect(isNumber('1101051949123100')).toBe(false)
    const lack = (form: Partial<Parameters<typeof lackOfPeople>[0]>) => lackOfPeople({ name: '', number: '', region: '', ...form }, isRegion)
    expect(lack({})).toBe('nothing')
    expect(lack({ name: '王' })).toBe(null)
    expect(lack({ number: '123' })).toBe('number')
    expect(lack({ name: '王', region: '西陵' })).toBe('region')
    expect(lack({ region: '420502' })).toBe(null)
  })

  it('have an age on a day', () => {
    expect(ageOn({ born: '1966-12-18' }, '2026-12-17')).toBe(59)
    expect(ageOn({ born: '1966-12-18' }, '2026-12-18')).toBe(60)
    expect(ageOn({ born: null }, '2026-12-18')).toBe(null)
  })

  it('are told of what is known only', () => {
    expect(factLines({})).toEqual([])
    expect(factLines({ identity: [], employed: false, days: { applied: '2026-01-01' } })).toEqual([
      { key: 'identity', kind: 'word', value: 'none', group: 'res.value' },
      { key: 'employed', kind: 'yesno', value: 'false' },
      { key: 'applied', kind: 'text', value: '2026-01-01' },
    ])
    expect(factLines({ identity: ['低保', '特困'] })[0]).toEqual({ key: 'identity', kind: 'text', value: '低保 特困', group: 'res.value' })
    expect(childTraits({ disabled: false, twin: true })).toEqual(['healthy', 'twin'])
    expect(childTraits({})).toEqual([])
  })
})

describe('headings of a file', () => {
  const columns: Column[] = [
    { name: 'name', headings: ['姓名', '名字'], zh: '姓名', en: 'name', required: true },
    { name: 'id_number', headings: ['身份证号'], zh: '号码', en: 'number', required: true },
    { name: 'phone', headings: ['电话'], zh: '电话', en: 'telephone', required: false },
  ]

  it.each([
    ['姓名,身份证号\r\n王,1', ['姓名', '身份证号']],
    ['\ufeff姓名\t电话\n', ['姓名', '电话']],
    ['a;b;c', ['a', 'b', 'c']],
    ['"a, b","say ""x""",,c\n1', ['a, b', 'say "x"', 'c']],
    ['"two\nlines",b\n', ['two\nlines', 'b']],
    ['', []],
  ])('%j', (text, headings) => {
    expect(headingsOf(text)).toEqual(headings)
  })

  it('are read in both encodings', () => {
    const utf8 = new TextEncoder().encode('姓名,电话')
    expect(decoded(utf8)).toBe('姓名,电话')
    // cut off in the middle of the last character
    expect(decoded(utf8.slice(0, -1))).toBe('姓名,电')
    expect(decoded(Uint8Array.from([0xd0, 0xd5, 0xc3, 0xfb, 0x2c, 0xb5, 0xe7, 0xbb, 0xb0]))).toBe('姓名,电话')
  })

  it('mean columns by themselves or as somebody says', () => {
    expect(meant('NAME', columns)?.name).toBe('name')
    expect(meant('名字', columns)?.name).toBe('name')
    expect(meant('证件', columns)).toBe(null)
    expect(lacking(['姓名', '证件'], columns, {}).map(({ name }) => name)).toEqual(['id_number'])
    expect(lacking(['姓名', '证件'], columns, { 证件: 'id_number' })).toEqual([])
    expect(ownColumns(['姓名', '证件'], { 证件: 'id_number', 姓名: '', 别的: 'phone' })).toEqual({ 证件: 'id_number' })
  })
})

describe('what an import came to', () => {
  const nothing: ImportDone = { applied: false, added: 0, changed: 0, same: 0, departed: 0, refused: 0, conflicts: 0, problems: [], ignored: [] }
  const problem = (line: number) => ({ line, zh: '错', en: 'wrong' })
  it('is no success where no row was looked at', () => {
    expect(verdictOf({ ...nothing, problems: [problem(1)] }, true)).toBe('unused')
    expect(verdictOf({ ...nothing, problems: [problem(1)] }, false)).toBe('unused')
    expect(verdictOf({ ...nothing, refused: 1, problems: [problem(2)] }, true)).toBe('tried')
    expect(verdictOf({ ...nothing, applied: true, same: 1 }, false)).toBe('applied')
    expect(verdictOf(nothing, true)).toBe('tried')
  })

  it('says of the whole file what is of no row', () => {
    const done = { ...nothing, added: 1, problems: [problem(0), problem(3)] }
    expect(ofWhole(done)).toEqual([problem(0)])
    expect(ofRows(done)).toEqual([problem(3)])
  })
})

describe('problems of a file', () => {
  it('become a file that a spreadsheet reads and never runs', () => {
    const csv = problemCsv([{ line: 3, zh: '有“,”', en: 'a "b", c' }, { line: 4, zh: '=1+1', en: 'x' }], ['行号', '问题'], 'zh-CN')
    expect(csv).toBe("\ufeff行号,问题\r\n3,\"有“,”\"\r\n4,'=1+1\r\n")
    expect(problemCsv([{ line: 3, zh: '错', en: 'a "b"' }], ['line', 'problem'], 'en')).toContain('"a ""b"""')
  })
})

describe('accounts', () => {
  const form = { account: 'li', full_name: '', unit: '', posts: [{ role: 'worker', region: '420502001001001' }] }
  it('have a name and posts that say something', () => {
    expect(lackOfAccount(form)).toBe(null)
    expect(lackOfAccount({ ...form, account: 'l i' })).toBe('account')
    expect(lackOfAccount({ ...form, posts: [] })).toBe('posts')
    expect(lackOfAccount({ ...form, posts: [{ role: 'clerk', region: '西陵' }] })).toBe('region')
    expect(lackOfAccount({ ...form, posts: [...form.posts, ...form.posts] })).toBe('twice')
    // the whole place is given to nobody who did not ask for it
    expect(lackOfAccount({ ...form, posts: [{ role: 'worker', region: ' ' }] })).toBe('region')
    expect(lackOfAccount({ ...form, posts: [{ role: 'clerk', region: '西陵', everywhere: true }] })).toBe(null)
    expect(cleanPosts([{ role: 'clerk', region: '西陵', everywhere: true }])).toEqual([{ role: 'clerk', region: '' }])
    expect(lackOfAccount({ ...form, posts: rowsOf([{ role: 'clerk', region: '' }, { role: 'admin', region: '' }]) })).toBe(null)
    // it is for everywhere, whatever was typed before the role was chosen
    expect(lackOfAccount({ ...form, posts: [{ role: 'admin', region: '西陵' }] })).toBe(null)
    expect(cleanPosts([{ role: 'auditor', region: '420502' }])).toEqual([{ role: 'auditor', region: '' }])
  })

  it('are changed in what differs', () => {
    const before = { ...form, closed: false }
    expect(changeOf(before, form)).toBe(null)
    expect(changeOf(before, { ...form, unit: ' 社区 ' })).toEqual({ unit: '社区' })
    expect(changeOf(before, { ...form, posts: [{ role: 'auditor', region: '' }] })).toEqual({ posts: [{ role: 'auditor', region: '' }] })
  })
})

describe('two texts', () => {
  const kinds = (before: string, after: string) => difference(before, after).map(({ kind, left, right }) => `${kind} ${left?.text ?? ''}/${right?.text ?? ''}`)
  it('stand side by side', () => {
    expect(kinds('a\nb\nc\n', 'a\nb\nc\n')).toEqual(['same a/a', 'same b/b', 'same c/c'])
    expect(kinds('a\nb\nc', 'a\nx\nc')).toEqual(['same a/a', 'changed b/x', 'same c/c'])
    expect(kinds('a\nc', 'a\nb\nc')).toEqual(['same a/a', 'more /b', 'same c/c'])
    expect(kinds('a\nb\nc', 'c')).toEqual(['less a/', 'less b/', 'same c/c'])
    expect(kinds('', 'a')).toEqual(['more /a'])
    expect(kinds('a\r\nb', 'a\nb')).toEqual(['same a/a', 'same b/b'])
    expect(kinds('a\nx\nb\ny', 'b\na\nb')).toEqual(['more /b', 'same a/a', 'less x/', 'same b/b', 'less y/'])
  })

  it('keep every line of both, in order', () => {
    const [before, after] = ['k\nq\na\nk\nz\nk', 'q\nk\nk\na\nz\nz']
    const rows = difference(before, after)
    expect(rows.flatMap(({ left }) => left?.text ?? []).join('\n')).toBe(before)
    expect(rows.flatMap(({ right }) => right?.text ?? []).join('\n')).toBe(after)
    expect(rows.flatMap(({ left }) => left?.number ?? [])).toEqual([1, 2, 3, 4, 5, 6])
    for (const { kind, left, right } of rows) if (kind === 'same') expect(left?.text).toBe(right?.text)
  })

  it('leave out what is the same far from a change', () => {
    const before = Array.from({ length: 20 }, (_, at) => `line ${at}`)
    const after = before.with(10, 'other')
    const shown = folded(difference(before.join('\n'), after.join('\n')), 2)
    expect(shown.map((row) => row?.left?.number ?? '…')).toEqual(['…', 9, 10, 11, 12, 13, '…'])
    expect(folded(difference('a', 'a'))).toEqual([null])
  })
})
