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
  goTo,
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
/** A phone as it is held, and the window that all work in. */
const PHONE = { width: 390, height: 844 }
const DESK = { width: 1600, height: 900 }
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
      await goTo(page, 'org')
      await importFile(page, 'regions', 'regions.csv', REGIONS, 6)
      await importFile(page, 'outlines', 'grids.geojson', JSON.stringify(OUTLINES), 2)
      await importFile(page, 'cameras', 'cameras.csv', CAMERAS, 4)
      await importFile(page, 'catalogue', 'catalogue.csv', CATALOGUE, 2)
      await goTo(page, 'users')
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
      // what nobody did stays undone: nothing is due any more
      await zhao.locator(at('step-0')).filter({ hasText: '未做' }).waitFor()
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
      await qian.locator(`${at('assignee-duty')}[data-user="sun"]`).click()
      await qian.locator(at('assignee-to')).filter({ hasText: 'sun' }).waitFor()
      check((await qian.locator(`${at('assignee-duty')}[data-user="zhao"]`).count()) === 0, 'an operator is offered to be sent')
      await qian.locator(at('assignee-others')).click()
      await qian.locator(at('field-region')).fill('土街 第二')
      await qian.locator(`${at('field-region-option')}[data-key="420502001001002"]`).waitFor()
      await shot(qian, 'intrusion-0-regions')
      await qian.locator(at('assignee-to')).filter({ hasText: '尚未选择' }).waitFor()
      await qian.locator(at('action-submit')).click()
      await qian.locator(at('action-trouble')).waitFor()
      await qian.locator(at('field-region')).press('Escape')
      await qian.locator(`${at('assignee-duty')}[data-user="sun"]`).click()
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
      await sun.locator(at('picture-before')).setInputFiles({ name: 'x.jpg', mimeType: 'image/jpeg', buffer: Buffer.from('no picture') })
      await sun.locator(at('pictures')).filter({ hasText: '不是可读的 JPEG 或 PNG' }).waitFor()
      const photo = await sun.screenshot({ type: 'jpeg', quality: 60 })
      await sun.locator(at('picture-after')).setInputFiles({ name: 'x.jpg', mimeType: 'image/jpeg', buffer: photo })
      await sun.locator(`${at('pictures-after')} ${at('picture')} img`).waitFor()
      await until(
        () => sun.locator(`${at('pictures-after')} img`).evaluate((image) => image.complete && image.naturalWidth > 0),
        'the picture is not shown to whoever brought it',
      )
      await sun.locator(at('log')).filter({ hasText: '上传照片' }).waitFor()
      await sun.setViewportSize(PHONE)
      await sun.locator(at('pictures')).scrollIntoViewIfNeeded()
      await shot(sun, 'intrusion-3-picture-phone')
      await sun.setViewportSize(DESK)
      await sun.locator(at('action-handled')).click()
      await sun.locator(at('action-proof')).filter({ hasText: '1 张' }).waitFor()
      await sun.context().grantPermissions(['geolocation'])
      await sun.context().setGeolocation({ latitude: 30.6919, longitude: 111.2865, accuracy: 8 })
      await sun.locator(at('fix')).click()
      await sun.locator(at('fix-said')).filter({ hasText: '误差约 8 米' }).waitFor()
      check((await sun.locator(`${at('field-lon')} input, input${at('field-lon')}`).first().inputValue()) === '111.286500', 'it is somewhere else')
      await sun.locator(at('field-note')).fill('缺口已封。')
      await shot(sun, 'intrusion-3-report')
      await sun.locator(at('action-submit')).click()
      await stands(li, 'checking')
      // Whoever checks it says why, and sees it.
      await li.locator(at('pictures-closed')).waitFor()
      await li.locator(at('view-reason-checking')).click()
      await li.locator(at('view-submit')).click()
      await li.locator(`${at('pictures-after')} img`).waitFor()
      await shot(li, 'intrusion-3-checking')
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
  [
    'several cases are handed over: one asks, another agrees, the file is made',
    async ({ page, shot }) => {
      const { zhou } = pages
      await goTo(zhou, 'exports')
      await zhou.locator(at('bulk-region')).fill('土街')
      await zhou.locator(`${at('bulk-region-option')}[data-key="${SITE}"]`).click()
      await zhou.locator(at('bulk-find')).click()
      for (const id of [fall, intrusion]) await zhou.locator(at(`bulk-pick-${id}`)).check()
      await zhou.locator(at('bulk-reason-complaint')).click()
      await zhou.locator(at('bulk-submit')).click()
      await zhou.locator(at('bulk-lack')).filter({ hasText: '接收单位' }).waitFor()
      await zhou.locator(at('bulk-recipient')).fill('西陵区信访局')
      await shot(zhou, 'export-1-chosen')
      await zhou.locator(at('bulk-submit')).click()
      await zhou.locator(`${at('bulk-request')}[data-standing="waiting"]`).waitFor()
      check((await zhou.locator(at('bulk-download')).count()) === 0, 'it can be fetched before anybody agreed')
      await goTo(page, 'keeping')
      await page.locator(at('approval-agree')).click()
      await zhou.locator(`${at('bulk-request')}[data-standing="agreed"]`).waitFor({ timeout: 40_000 })
      const coming = zhou.waitForEvent('download')
      await zhou.locator(at('bulk-download')).click()
      check((await coming).suggestedFilename().startsWith('xunge-2-'), 'the file has another name')
      await zhou.locator(`${at('bulk-request')}[data-standing="used"]`).waitFor()
      await shot(zhou, 'export-2-done')
    },
  ],
  [
    'pages and menus fit a narrow window and a phone, in both languages, and open by keys',
    async ({ page, shot }) => {
      await page.goto(url)
      for (const [name, size] of [['1600', DESK], ['1280', { width: 1280, height: 800 }], ['phone', PHONE]]) {
        await page.setViewportSize(size)
        for (const lang of ['zh', 'en']) {
          const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
          check(wide <= 0, `the page is ${wide} px too wide at ${name} in ${lang}`)
          for (const group of ['watch', 'work', 'town', 'oversight', 'system']) {
            await page.locator(at(`menu-${group}`)).focus()
            await page.keyboard.press('ArrowDown')
            const entry = page.locator(`[data-group="${group}"] a`).first()
            await entry.waitFor()
            const box = await entry.boundingBox()
            check(box.x >= 0 && box.x + box.width <= size.width, `the menu ${group} leaves the window at ${name} in ${lang}`)
            check(await entry.evaluate((link) => link === document.activeElement), `the keys do not lead into ${group}`)
            if (group === 'oversight') await shot(page, `menu-${name}-${lang}`)
            await page.keyboard.press('Escape')
            check(!(await entry.isVisible()), `${group} does not close`)
          }
          await openCase(page, url, intrusion)
          await shot(page, `case-${name}-${lang}`)
          await page.goto(url)
          await page.locator(at('nav')).waitFor()
          await page.locator(at('language')).click()
        }
      }
      await page.setViewportSize(DESK)
      await page.locator(`${at('alarm')}[data-state="on"]`).click()
      await page.locator(at('alarm-mute-10')).click()
      await page.locator(`${at('alarm')}[data-state="muted"]`).filter({ hasText: '静音至' }).waitFor()
      await page.reload()
      await page.locator(at('alarm')).filter({ hasText: '点击启用声音' }).waitFor()
      await page.keyboard.press('Shift')
      await page.locator(`${at('alarm')}[data-state="muted"]`).waitFor()
    },
  ],
])
