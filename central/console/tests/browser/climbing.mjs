// A case that nobody handles climbs from the grid to the district, in a real browser against a real, running
// xunge-central that has no organisation yet and whose limits for P2 are seconds: `ack` at least 8 s, `handle` at least
// 10 s, the others none. Its environment is that of console.mjs; it prints a line `alert {…}` as closing.mjs does.
import { check, run, settings, until } from './harness.mjs'
import {
  act,
  addPerson,
  arrives,
  at,
  checkSamePage,
  dayFromNow,
  decideReal,
  goTo,
  importFile,
  logIn,
  logOf,
  markPage,
  sendAlert,
  stands,
} from './pages.mjs'
import { CAMERAS, OUTLINES, REGIONS } from './town.mjs'

const { url, user, password, waitMs } = settings
const SITE = '420502001001'
/** Who is on duty, from the security room up to the district. */
const PEOPLE = {
  zhao: ['operator', '值班员', SITE, 1],
  qian: ['operator', '值班员', SITE, 2],
  sun: ['acceptor', '受理员', SITE, 1],
  li: ['supervisor', '综治办', '420502001', 1],
  zhou: ['supervisor', '综治办', '420502', 1],
}
const SHIFTS = [
  '用户名,岗位,辖区,开始日期,结束日期,星期,上班,下班,事件类型,次序',
  ...Object.entries(PEOPLE).map(([name, [, role, region, place]]) =>
    [name, role, region, dayFromNow(-1), dayFromNow(1), '1-7', '08:00', '08:00', '', place].join(),
  ),
  '',
].join('\n')
/** How far it climbs, and who is called there. */
const CLIMB = [
  ['社区', 'sun'],
  ['街镇', 'li'],
  ['区', 'zhou'],
]
/** The page of each, with a session of its own. */
const pages = {}
let caseId = ''
const row = () => `${at('case-row')}[data-id="${caseId}"]`

await run([
  [
    'an administrator enters the organisation, its people and the roster',
    async ({ page, elsewhere, shot }) => {
      await page.goto(url)
      await logIn(page, user, password)
      await goTo(page, 'org')
      await importFile(page, 'regions', 'regions.csv', REGIONS, 6)
      await importFile(page, 'outlines', 'grids.geojson', JSON.stringify(OUTLINES), 2)
      await importFile(page, 'cameras', 'cameras.csv', CAMERAS, 4)
      await goTo(page, 'users')
      const passwords = {}
      for (const [name, [role, , region]] of Object.entries(PEOPLE)) {
        passwords[name] = await addPerson(page, name, role, region)
      }
      await goTo(page, 'org')
      await importFile(page, 'duties', 'shifts.csv', SHIFTS, 5)
      const enter = async (name) => {
        pages[name] = await elsewhere()
        await pages[name].goto(url)
        await logIn(pages[name], name, passwords[name])
        await pages[name].locator(`${at('live-status')}[data-status="open"]`).waitFor()
      }
      await Promise.all(Object.keys(PEOPLE).map(enter))
      await page.goto(`${url}/duties/420502001001001`)
      for (const name of Object.keys(PEOPLE)) await page.locator(`${at('on-duty-row')}[data-user="${name}"]`).waitFor()
      await shot(page, 'roster')
    },
  ],
  [
    'an alert that the first operator lets ring calls the second one',
    async ({ shot }) => {
      const { zhao, qian, sun, zhou } = pages
      await sun.locator(at('filter-urged')).click()
      check((await sun.locator(at('filter-told_street')).count()) === 0, 'a community is offered what concerns a district')
      await zhou.locator(at('filter-told_street')).click()
      for (const page of [sun, zhou]) await page.locator(at('empty')).waitFor()
      for (const page of Object.values(pages)) await markPage(page)
      sendAlert({ camera: 'gate-east', camera_name: '东门', behavior: 'intrusion', rule: 'lawn-night', zone: 'lawn' })
      caseId = await arrives(qian, [], waitMs)
      await zhao.locator(row()).click()
      await zhao.locator(at('level')).filter({ hasText: '网格' }).waitFor()
      await qian.locator(`${row()} ${at('row-called')}`).filter({ hasText: '呼叫您' }).waitFor()
      await shot(qian, 'climb-0-called-list')
      await qian.locator(row()).click()
      await zhao.locator(at('note-called')).filter({ hasText: 'qian（网格）' }).waitFor()
      check((await zhao.locator(at('called-you')).count()) === 0, 'who let it ring is called')
      await qian.locator(at('called-you')).waitFor()
      await decideReal(qian)
      await stands(zhao, 'filed')
      await zhao.locator(at('deadline-handle')).filter({ hasText: '还剩' }).waitFor()
      for (const page of [sun, zhou]) check((await page.locator(row()).count()) === 0, 'somebody above is told already')
      await shot(zhao, 'climb-1-grid')
    },
  ],
  ...CLIMB.map(([level, called], index) => [
    `nobody handles it: ${level} is told, called and urged, on an open page`,
    async ({ shot }) => {
      const { zhao, sun, zhou } = pages
      // At one moment the page says its level, the urge of that level, and who was called.
      await until(
        async () => {
          const said = await zhao.locator(at('progress')).innerText()
          return said.includes(`责任层级 ${level}`) && said.includes(`${level} · 系统`) && said.includes(`${called}（${level}）`)
        },
        `the page does not say that it is with ${level}`,
        60_000,
      )
      await sun.locator(`${row()} ${at('row-level')}`).getByText(level, { exact: true }).waitFor()
      if (level === '社区') check((await zhou.locator(row()).count()) === 0, 'the district sees it before the street was told')
      else await zhou.locator(`${row()} ${at('row-level')}`).getByText(level, { exact: true }).waitFor()
      if (level === '街镇') {
        // Called for late handling of what was taken long ago: the list says whom, as long as nobody has acted.
        await zhou.locator(`${row()} ${at('row-called-others')}`).filter({ hasText: '已叫 sun' }).filter({ hasText: 'li' }).waitFor()
      }
      await zhao.locator(at('late-stages')).filter({ hasText: '处置' }).waitFor()
      await shot(zhao, `climb-${index + 2}-case`)
      await shot(sun, `climb-${index + 2}-list`)
      for (const page of [zhao, sun, zhou]) await checkSamePage(page)
    },
  ]),
  [
    'the supervisor of the district urges it by hand',
    async ({ shot }) => {
      const { zhao, zhou } = pages
      await zhou.locator(row()).click()
      await act(zhou, 'urged', { reason: '请社区立即派人到东门处置。' })
      await zhao.locator(at('note-urge')).filter({ hasText: 'zhou' }).filter({ hasText: '立即派人' }).waitFor()
      await shot(zhou, 'climb-5-urged')
    },
  ],
  [
    'the log tells the whole way in order',
    async ({ shot }) => {
      const { zhao } = pages
      await zhao.locator(`${at('log')} li`).last().scrollIntoViewIfNeeded()
      await shot(zhao, 'climb-5-log')
      const log = (await logOf(zhao)).join('\n')
      const expected = [
        '登记案件 .*· 系统',
        '时限 · 签收已用 100% · 再次响铃 · 系统',
        '无人签收，已呼叫 qian（网格） · 系统',
        '作出判定 · 属实 · qian',
        '时限 · 处置已用 80% · 系统',
        '时限 · 处置已用 100% · 升一级并督办 · 系统',
        '超时，已呼叫 sun（社区） · 系统',
        '时限 · 处置已用 150% · 升一级并督办 · 系统',
        '超时，已呼叫 li（街镇） · 系统',
        '时限 · 处置已用 200% · 升至区并督办 · 系统',
        '超时，已呼叫 zhou（区） · 系统',
        '督办 · zhou',
      ]
      const way = new RegExp(expected.join('[^]*\n'))
      check(way.test(log), `the log says:\n${log}`)
      check(log.match(/已呼叫/g).length === 4, `somebody else was called:\n${log}`)
    },
  ],
  [
    'it says the same in English',
    async ({ shot }) => {
      const { zhou } = pages
      await zhou.locator(at('language')).click()
      await zhou.locator(at('level')).filter({ hasText: 'District' }).waitFor()
      await zhou.locator(at('note-called')).filter({ hasText: 'zhou (District)' }).waitFor()
      await shot(zhou, 'climb-6-en')
    },
  ],
  [
    'the list can be narrowed to what has climbed to the district',
    async ({ page, shot }) => {
      await page.goto(url)
      await page.locator(at('filter-told_district')).click()
      await page.locator(`${row()} ${at('row-level')}`).getByText('区', { exact: true }).waitFor()
      await shot(page, 'climb-7-list')
    },
  ],
])
