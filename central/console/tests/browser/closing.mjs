// A case from its alert to 结案, and another one that is split, in a real browser against a real, running xunge-central
// that has no organisation yet. Its environment is that of console.mjs. Five people work in browsers of their own; what
// one does the others see without touching their page. It prints lines `alert {…}`: each is sent by box gw-0001 of site
// 420502001001 as soon as it is printed, with what is in it.
import { check, run, settings, until } from './harness.mjs'
import {
  act,
  addPerson,
  addShift,
  arrives,
  at,
  checkSamePage,
  decideReal,
  importFile,
  logIn,
  logOf,
  markPage,
  openCase,
  rowsOf,
  sendAlert,
  stands,
} from './pages.mjs'
import { CAMERAS, CATALOGUE, OUTLINES, REGIONS } from './town.mjs'

const { url, user, password, waitMs } = settings
const SITE = '420502001001'
/** Who works on cases, and as what. */
const PEOPLE = { zhao: 'operator', qian: 'dispatcher', sun: 'grid_worker', li: 'inspector', zhou: 'supervisor' }
/** The page of each, with a session of its own. */
const pages = {}
const everyone = (work) => Promise.all(Object.values(pages).map(work))
/** The fall, the intrusion, and what was split from that. */
let fall = ''
let intrusion = ''
let apart = ''

await run([
  [
    'an administrator enters the organisation, its people and the roster',
    async ({ page, shot }) => {
      await page.goto(url)
      await logIn(page, user, password)
      await page.locator(at('nav-org')).click()
      await importFile(page, 'regions', 'regions.csv', REGIONS, 6)
      await importFile(page, 'outlines', 'grids.geojson', JSON.stringify(OUTLINES), 2)
      await importFile(page, 'cameras', 'cameras.csv', CAMERAS, 4)
      await importFile(page, 'catalogue', 'catalogue.csv', CATALOGUE, 2)
      await page.locator(at('nav-users')).click()
      for (const [name, role] of Object.entries(PEOPLE)) {
        pages[name] = await addPerson(page, name, role, role === 'supervisor' ? '420502' : SITE)
      }
      await page.goto(`${url}/duties/${SITE}`)
      await addShift(page, 'zhao', 'operator')
      await addShift(page, 'sun', 'grid_worker')
      await shot(page, 'roster')
    },
  ],
  [
    'everybody logs in and sees a list that is live',
    async ({ elsewhere }) => {
      const enter = async (name) => {
        const page = await elsewhere()
        await page.goto(url)
        await logIn(page, name, pages[name])
        pages[name] = page
      }
      await Promise.all(Object.keys(PEOPLE).map(enter))
      await everyone(async (page) => {
        await page.locator(`${at('live-status')}[data-status="open"]`).waitFor()
        await page.locator(at('empty')).waitFor()
        await markPage(page)
      })
    },
  ],
  [
    'a fall where old people live comes to everybody by itself, as urgent',
    async ({ shot }) => {
      const { zhao } = pages
      sendAlert({ camera: 'care', camera_name: '养老院一楼', behavior: 'fall', rule: 'care-fall', zone: 'corridor' })
      fall = await arrives(zhao, [], waitMs)
      const row = at('case-row') + `[data-id="${fall}"]`
      await everyone((page) => page.locator(row).filter({ hasText: '紧急' }).filter({ hasText: '倒地' }).waitFor())
      await zhao.locator(`${row} ${at('row-due')}`).waitFor()
      await everyone(checkSamePage)
      await shot(zhao, 'fall-1-list')
    },
  ],
  [
    'the operator takes it; nobody else is asked to',
    async ({ shot }) => {
      const { zhao, qian } = pages
      await zhao.locator(`${at('case-row')}[data-id="${fall}"]`).click()
      await everyone((page) => (page === zhao ? undefined : openCase(page, url, fall)))
      await zhao.locator(at('deadline-ack')).waitFor()
      await shot(zhao, 'fall-2-arrived')
      await act(zhao, 'taken')
      await everyone((page) => page.locator(at('note-taken')).filter({ hasText: 'zhao' }).waitFor())
      await zhao.locator(at('deadline-ack')).waitFor({ state: 'detached' })
      check((await zhao.locator(at('action-taken')).count()) === 0, 'who has taken it is asked again')
      check((await qian.locator(at('action-taken')).count()) === 0, 'a dispatcher is asked to take it')
      check((await qian.locator(at('real')).count()) === 0, 'a dispatcher is asked to decide')
      await shot(zhao, 'fall-3-taken')
    },
  ],
  [
    'the operator finds it real; it goes to the worker on duty by itself',
    async ({ shot }) => {
      const { zhao, sun } = pages
      await zhao.locator(at('real')).click()
      await zhao.locator(at('category-preset')).filter({ hasText: '倒地' }).waitFor()
      await shot(zhao, 'fall-4-deciding')
      await zhao.locator(at('submit-verdict')).click()
      await zhao.locator(at('decided')).filter({ hasText: '属实' }).waitFor()
      await everyone((page) => stands(page, 'dispatched'))
      await sun.locator(at('note-assigned')).filter({ hasText: 'sun' }).filter({ hasText: '自动派遣' }).waitFor()
      await sun.locator(at('note-category')).filter({ hasText: '人员倒地' }).waitFor()
      await shot(zhao, 'fall-5-dispatched')
    },
  ],
  [
    'the worker accepts, arrives and reports what was done',
    async ({ shot }) => {
      const { zhao, sun } = pages
      await act(sun, 'accepted')
      await everyone((page) => stands(page, 'handling'))
      await act(sun, 'arrived')
      await zhao.locator(at('note-handler')).filter({ hasText: 'sun' }).filter({ hasText: '到场' }).waitFor()
      await shot(sun, 'fall-6-handling')
      await sun.locator(at('action-handled')).click()
      await sun.locator(at('field-note')).fill('老人在走廊滑倒，已扶起，家属已到。')
      await sun.locator(at('action-submit')).click()
      await sun.locator(at('action-trouble')).waitFor()
      await sun.locator(at('field-excuse')).fill('涉及老人隐私，不便拍照。')
      await shot(sun, 'fall-7-report')
      await sun.locator(at('action-submit')).click()
      await everyone((page) => stands(page, 'checking'))
      check((await sun.locator(at('action-checked')).count()) === 0, 'whoever did the work is asked to check it')
      check((await zhao.locator(at('action-checked')).count()) === 0, 'an operator is asked to check')
    },
  ],
  [
    'somebody else checks it, and it is closed for everybody',
    async ({ shot }) => {
      const { zhao, li, zhou } = pages
      await li.locator(at('note-outcome')).filter({ hasText: '不便拍照' }).waitFor()
      await act(li, 'checked', { passed: true, note: '电话回访属实。' })
      await everyone((page) => stands(page, 'closed'))
      await zhao.locator(`${at('step-closed')}[data-status="done"]`).waitFor()
      await zhao.locator(at('note-checked')).filter({ hasText: 'li' }).waitFor()
      const log = await logOf(zhou)
      const expected = ['签收 · zhao', '作出判定 .* · zhao', '自动派遣 .* · 系统', '接单 · sun', '到场.* · sun', '处置完成.* · sun', '核查 · 通过 · li']
      check(new RegExp(`^登记案件.*${expected.join('\n')}$`, 's').test(log.join('\n')), `the log says:\n${log.join('\n')}`)
      await shot(zhao, 'fall-8-closed')
      await shot(li, 'fall-8-closed-inspector')
    },
  ],
  [
    'two cameras beside each other make one case, of which one alert is split off',
    async ({ shot }) => {
      const { zhao } = pages
      await zhao.locator(at('back')).click()
      await zhao.locator(`${at('case-row')}[data-id="${fall}"][data-state="closed"]`).waitFor()
      sendAlert({ camera: 'gate-east', camera_name: '东门', behavior: 'intrusion', rule: 'lawn-night', zone: 'lawn' })
      intrusion = await arrives(zhao, [fall], waitMs)
      const row = zhao.locator(`${at('case-row')}[data-id="${intrusion}"]`)
      sendAlert({ camera: 'hall', camera_name: '门厅', behavior: 'intrusion', rule: 'hall-night', zone: 'hall' })
      check((await arrives(zhao, [fall], waitMs, 2)) === intrusion, 'the second alert made a case of its own')
      await row.filter({ hasText: '东门' }).waitFor()
      await shot(zhao, 'split-1-list')
      await row.click()
      await until(async () => (await zhao.locator(at('alert-pick')).count()) === 2, 'there are no two alerts')
      check(await zhao.locator(at('alert-pick')).nth(1).isDisabled(), 'the first alert could leave')
      await zhao.locator(at('alert-pick')).nth(0).check()
      await zhao.locator(at('split-new')).click()
      await zhao.locator(at('split-submit')).click()
      await zhao.locator(at('split-trouble')).filter({ hasText: '请写明拆分原因' }).waitFor()
      await zhao.locator(at('split-reason')).fill('门厅内是保洁员。')
      await shot(zhao, 'split-2-form')
      await zhao.locator(at('split-submit')).click()
      const said = zhao.locator(at('split-message')).filter({ hasText: '已拆分到案件' })
      await said.waitFor()
      await until(async () => (await zhao.locator(at('alert-why')).count()) === 1, 'the alert is still there')
      await shot(zhao, 'split-3-done')
      await said.locator('a').click()
      await zhao.locator(at('log')).filter({ hasText: '门厅内是保洁员' }).waitFor()
      apart = zhao.url().split('/').pop()
      check(apart !== intrusion, 'the split leads to the same case')
      await zhao.locator('h1').filter({ hasText: '门厅' }).waitFor()
      await zhao.locator(at('log')).scrollIntoViewIfNeeded()
      await shot(zhao, 'split-4-other')
    },
  ],
  [
    'what was split off is judged on its own',
    async ({ page }) => {
      const { zhao } = pages
      await zhao.locator(at('false-alarm')).click()
      await zhao.locator(at('reason-staff')).click()
      await zhao.locator(at('submit-verdict')).click()
      await stands(zhao, 'rejected')
      await openCase(page, url, intrusion)
      await stands(page, 'verifying')
    },
  ],
  [
    'what is less urgent is sent by a dispatcher, done again where the check finds a lack, and closed',
    async ({ page, shot }) => {
      const { zhao, qian, sun, li } = pages
      await everyone((one) => openCase(one, url, intrusion))
      await decideReal(zhao)
      await everyone((one) => stands(one, 'filed'))
      check((await sun.locator(at('action-accepted')).count()) === 0, 'it went to the worker by itself')
      await qian.locator(at('action-dispatched')).click()
      await qian.locator(at('field-user')).fill('sun')
      await qian.locator(at('field-note')).fill('请查看东门草坪。')
      await shot(qian, 'intrusion-1-dispatching')
      await qian.locator(at('action-submit')).click()
      await sun.locator(at('note-assigned')).filter({ hasText: 'sun' }).filter({ hasText: '请查看东门草坪' }).waitFor()
      // It is in the list of whoever was sent.
      await sun.locator(at('back')).click()
      await sun.locator(at('filter-mine')).click()
      await sun.locator(`${at('case-row')}[data-id="${intrusion}"]`).waitFor()
      await until(async () => (await rowsOf(sun)).every(({ id }) => id === intrusion || id === fall), 'others are mine')
      await shot(sun, 'intrusion-2-mine')
      await sun.locator(`${at('case-row')}[data-id="${intrusion}"]`).click()
      await act(sun, 'accepted')
      await act(sun, 'arrived')
      await act(sun, 'handled', { note: '人已劝离。', excuse: '手机没电。' })
      await stands(li, 'checking')
      await act(li, 'checked', { passed: false, note: '围栏缺口未封。' })
      await stands(sun, 'handling')
      await sun.locator(at('note-reworks')).waitFor()
      await sun.locator(at('note-checked')).filter({ hasText: '不通过' }).filter({ hasText: '围栏缺口未封' }).waitFor()
      await sun.locator(at('action-message')).waitFor({ state: 'detached' })
      await shot(sun, 'intrusion-3-rework')
      await act(sun, 'handled', { note: '缺口已封。', excuse: '手机没电。' })
      await act(li, 'checked', { passed: true })
      await everyone((one) => stands(one, 'closed'))
      await stands(page, 'closed')
      const log = (await logOf(zhao)).join('\n')
      for (const name of ['zhao', 'qian', 'sun', 'li']) check(log.includes(` · ${name}`), `${name} is not in the log:\n${log}`)
      await shot(zhao, 'intrusion-4-closed')
      await zhao.locator(`${at('log')} li`).last().scrollIntoViewIfNeeded()
      await shot(zhao, 'intrusion-5-log')
    },
  ],
  [
    'the lists say so too',
    async ({ page, shot }) => {
      await page.locator(at('back')).click()
      await page.locator(at('filter-closed')).click()
      await until(async () => {
        const ids = (await rowsOf(page)).map(({ id }) => id)
        return ids.length === 2 && ids.includes(fall) && ids.includes(intrusion)
      }, 'the closed ones are not those two')
      await shot(page, 'closed')
      await page.locator(at('filter-rejected')).click()
      await until(async () => (await rowsOf(page)).map(({ id }) => id).join() === apart, 'the rejected one is not that one')
    },
  ],
])
