// The console in a real browser against a real, running xunge-central. Its environment:
//   XUNGE_URL, XUNGE_USER, XUNGE_PASSWORD   where and as whom
//   XUNGE_SHOTS      folder for screenshots (none are made without it)
//   XUNGE_WAIT_SECS  how long an alert and its clip may take (120)
//   XUNGE_CHROMIUM   the browser (/usr/bin/chromium)
// It prints `waiting for an alert` when it is ready to see one arrive; from then on at least one alert with snapshot
// and clip must be raised. It judges that case, so the case must not have been judged before.
import { check, run, settings, until } from './harness.mjs'
import { at, clipPlays, logIn, rowsOf } from './pages.mjs'

const { url, user, password, waitMs } = settings
/** The case that arrives while the list is watched. */
let caseId = ''

await run([
  [
    'without a session every address leads to the login',
    async ({ page, shot }) => {
      await page.goto(`${url}/cases/00000000-0000-0000-0000-000000000000`)
      await page.locator('#user').waitFor()
      check(new URL(page.url()).pathname === '/login', `expected /login, got ${page.url()}`)
      await page.goto(url)
      await page.locator('#user').waitFor()
      await shot(page, 'login')
    },
  ],
  [
    'a wrong password is refused with a sentence',
    async ({ page, shot }) => {
      await logIn(page, user, `${password}-wrong`)
      await page.locator(at('login-failure')).filter({ hasText: '用户名或密码不正确' }).waitFor()
      check(new URL(page.url()).pathname === '/login', 'a wrong password must not lead inside')
      await shot(page, 'login-wrong')
    },
  ],
  [
    'the right one leads to the list, which goes live',
    async ({ page }) => {
      await logIn(page, user, password)
      await page.locator(`${at('live-status')}[data-status="open"]`).waitFor()
      await page.locator(`${at('case-list')}[aria-busy="false"]`).waitFor({ state: 'attached' })
      check((await page.locator(at('user')).innerText()) === user, 'the header names the user')
    },
  ],
  [
    'an alert arrives by itself, without a reload',
    async ({ page, shot }) => {
      const before = new Map((await rowsOf(page)).map((row) => [row.id, row.count]))
      await page.evaluate(() => {
        window.xungeSamePage = true
      })
      console.log('waiting for an alert')
      const undecided = (row) => row.state === 'verifying' || row.state === 'registered'
      const arrived = await until(
        async () => (await rowsOf(page)).find((row) => undecided(row) && (before.get(row.id) ?? 0) < row.count),
        'no alert arrived in the list',
        waitMs,
      )
      caseId = arrived.id
      check(await page.evaluate(() => window.xungeSamePage === true), 'the page was reloaded')
      await shot(page, 'list-live')
    },
  ],
  [
    'its snapshot stands in the list as soon as it is delivered',
    async ({ page, shot }) => {
      const image = page.locator(`${at('case-row')}[data-id="${caseId}"] img`)
      await until(
        async () => (await image.count()) > 0 && image.evaluate((node) => node.complete && node.naturalWidth > 0),
        'the snapshot did not appear',
        waitMs,
      )
      await shot(page, 'list')
    },
  ],
  [
    'boxes and cameras are listed',
    async ({ page }) => {
      check((await page.locator(at('edge')).count()) > 0, 'no box is listed')
      check((await page.locator(at('camera')).count()) > 0, 'no camera is listed')
    },
  ],
  [
    'the case page plays the clip',
    async ({ page, shot }) => {
      await page.locator(`${at('case-row')}[data-id="${caseId}"]`).click()
      await page.locator(at('case')).waitFor()
      // nobody looks without a reason: the small picture is there, the clip is not
      await page.locator(at('view-gate')).waitFor()
      check((await page.locator('video').count()) === 0, 'the clip is shown before a reason was given')
      await page.locator(at('view-reason-authority')).click()
      await page.locator(at('view-submit')).click()
      await page.locator(at('view-lack')).waitFor()
      await shot(page, 'case-view-gate')
      await page.locator(at('view-reason-checking')).click()
      await page.locator(at('view-submit')).click()
      await until(() => clipPlays(page), 'the clip did not play', waitMs)
      check((await page.locator(`${at('facts')} dd`).count()) >= 8, 'the facts are missing')
      await shot(page, 'case-clip')
    },
  ],
  [
    'the snapshot can be shown instead, with the box over it',
    async ({ page, shot }) => {
      await page.locator(at('show-snapshot')).click()
      await page.locator(`${at('stage')}[data-mode="snapshot"] img`).waitFor()
      check(await page.locator(`${at('stage')} .box`).isVisible(), 'the box is missing')
      await shot(page, 'case-snapshot')
      await page.locator(at('show-clip')).click()
    },
  ],
  [
    'a false alarm needs a reason; given by keyboard it is recorded',
    async ({ context, page, shot }) => {
      // A second person has the list open, a third this very case without live events.
      const second = await context.newPage()
      await second.goto(url)
      await second.locator(`${at('case-row')}[data-id="${caseId}"][data-state="verifying"]`).waitFor()
      await second.locator(`${at('live-status')}[data-status="open"]`).waitFor()
      const third = await context.newPage()
      await third.route('**/api/v1/events', (route) => route.abort())
      await third.goto(`${url}/cases/${caseId}`)
      await third.locator(at('real')).waitFor()

      await page.bringToFront()
      await page.keyboard.press('2')
      await page.locator(at('submit-verdict')).click()
      await page.locator(`${at('verdict')} [role="alert"]`).filter({ hasText: '请选择误报原因' }).waitFor()
      await page.keyboard.press('4')
      await page.locator(`${at('note')}`).fill('风吹树枝，现场已核实。')
      await shot(page, 'case-verdict')
      await page.locator(at('submit-verdict')).click()
      await page.locator(at('decided')).filter({ hasText: '误报 · 树叶' }).waitFor()
      await page.locator(at('log')).filter({ hasText: '作出判定 · 误报 · 树叶' }).waitFor()
      await page.locator(`${at('state')}[data-state="rejected"]`).waitFor()
      await shot(page, 'case-decided')

      // The second page shows it without having been touched.
      await second.locator(`${at('case-row')}[data-id="${caseId}"][data-state="rejected"]`).waitFor()
      await second.close()
    },
  ],
  [
    'whoever decides too late is told so; a broken live connection is seen',
    async ({ context, shot }) => {
      const third = context.pages().find((page) => page.url().endsWith(caseId) && page !== context.pages()[0])
      await third.bringToFront()
      await third.locator(at('live-banner')).waitFor()
      await third.locator(at('real')).click()
      await third.locator(at('submit-verdict')).click()
      await third.locator(at('verdict-message')).filter({ hasText: `已由 ${user} 判定为“误报”` }).waitFor()
      await shot(third, 'case-conflict')
      await third.close()
    },
  ],
  [
    'the case page says where the case stands, and takes a remark',
    async ({ page, shot }) => {
      await page.bringToFront()
      await page.locator(`${at('step-verifying')}[data-status="stopped"]`).waitFor()
      await page.locator(at('aside')).filter({ hasText: '不予立案' }).waitFor()
      await page.locator(at('level')).filter({ hasText: '网格' }).waitFor()
      await page.locator(at('action-noted')).click()
      await page.locator(at('action-submit')).click()
      await page.locator(at('action-trouble')).filter({ hasText: '请用几个字写明' }).waitFor()
      await page.locator(at('field-note')).fill('已通知物业修剪树枝。')
      await shot(page, 'case-remark')
      await page.locator(at('action-submit')).click()
      await page.locator(at('action-message')).filter({ hasText: '已记录：备注' }).waitFor()
      await page.locator(at('log')).filter({ hasText: '已通知物业修剪树枝。' }).waitFor()
      check((await page.locator(at('action-form-noted')).count()) === 0, 'the form is still open')
    },
  ],
  [
    'filters show what they say',
    async ({ page }) => {
      await page.locator(at('back')).click()
      const row = page.locator(`${at('case-row')}[data-id="${caseId}"]`)
      await row.waitFor()
      await page.locator(at('filter-undecided')).click()
      await row.waitFor({ state: 'detached' })
      await page.locator(at('filter-rejected')).click()
      await row.waitFor()
      check((await rowsOf(page)).every(({ state }) => state === 'rejected'), 'the filter let other states through')
      await page.locator(at('filter-working')).click()
      await row.waitFor({ state: 'detached' })
      await page.locator(at('filter-all')).click()
    },
  ],
  [
    'the language can be switched and is remembered',
    async ({ page, shot }) => {
      await page.locator(at('language')).click()
      await page.locator(at('filter-undecided')).filter({ hasText: 'Undecided' }).waitFor()
      await page.reload()
      await page.locator(`${at('case-row')}[data-id="${caseId}"]`).filter({ hasText: 'Rejected' }).waitFor()
      check((await page.locator('html').getAttribute('lang')) === 'en', 'the page does not say its language')
      await shot(page, 'list-en')
      await page.locator(at('language')).click()
      await page.locator(at('filter-undecided')).filter({ hasText: '待判定' }).waitFor()
    },
  ],
  [
    'a narrow screen holds the list without scrolling sideways',
    async ({ page, shot }) => {
      await page.setViewportSize({ width: 412, height: 900 })
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
      check(overflow <= 0, `the page is ${overflow} px too wide`)
      await shot(page, 'list-narrow')
      await page.setViewportSize({ width: 1600, height: 900 })
    },
  ],
  [
    'after logging out the server refuses',
    async ({ page }) => {
      await page.locator(at('logout')).click()
      await page.locator('#user').waitFor()
      const status = await page.evaluate(async () => (await fetch('/api/v1/cases')).status)
      check(status === 401, `expected 401, got ${status}`)
    },
  ],
])
