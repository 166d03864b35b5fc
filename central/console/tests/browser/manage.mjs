// The pages for managing in a real browser against a real, running xunge-central that has no organisation yet. Its
// environment is that of console.mjs. It imports regions, an outline, cameras, people, shifts and the event catalogue,
// adds a person and a shift, enters a year and a key period, shelves a rule, and asks why; at its end the centre is no
// longer empty. It prints a line `alert {…}` as closing.mjs does.
import { check, run, settings, until } from './harness.mjs'
import { at, choose, dayFromNow, goTo, importFile, logIn, sendAlert } from './pages.mjs'
import { CAMERAS, CATALOGUE, OUTLINES, REGIONS } from './town.mjs'

const { url, user, password } = settings

const PEOPLE = `用户名,岗位,辖区,姓名,单位,电话
wang,值班员,420502001001,王某,土街头社区安保室,13800000000
wang,受理员,420502001001,王某,土街头社区安保室,13800000000
`

const SHIFTS = `用户名,岗位,辖区,开始日期,结束日期,星期,上班,下班,事件类型,次序
zhou,值班员,420502001001,2026-01-01,2026-12-31,1-5,20:00,08:00,倒地,2
`
/** Passwords that were shown once, by name. */
const passwords = new Map([[user, password]])

async function logInAs(page, name) {
  await page.locator(at('logout')).click()
  await page.locator('#user').waitFor()
  await logIn(page, name, passwords.get(name))
  await page.locator(at('nav')).waitFor()
  // The login leads to where the last one left.
  await page.goto(url)
  await page.locator(at('nav')).waitFor()
}

await run([
  [
    'the header leads to every page',
    async ({ page }) => {
      await page.goto(url)
      await logIn(page, user, password)
      await page.locator(at('nav')).waitFor()
      for (const name of ['org', 'duties', 'cameras', 'users', 'calendar', 'quiet', 'quarantine']) {
        await goTo(page, name)
        await page.waitForURL(`**/${name}`)
        await page.locator('.sheet h1').waitFor()
      }
    },
  ],
  [
    'a file with mistakes is named line by line and never written',
    async ({ page, shot }) => {
      await goTo(page, 'org')
      await choose(page, 'regions', 'wrong.csv', 'code,name\n4205,宜昌市\n42050,错\n420502,\n')
      await page.locator(at('import-try')).click()
      await page.locator(`${at('import-problem')}[data-line="3"]`).filter({ hasText: '不是区划代码' }).waitFor()
      await page.locator(`${at('import-problem')}[data-line="4"]`).waitFor()
      check(await page.locator(at('import-apply')).isDisabled(), 'a file with mistakes could be imported')
      await shot(page, 'org-problems')
      check((await page.locator(at('no-regions')).count()) === 1, 'something was written')
    },
  ],
  [
    'regions, outlines, cameras and people are imported',
    async ({ page, shot }) => {
      await importFile(page, 'regions', 'regions.csv', REGIONS, 6)
      await page.locator(at('region-4205')).waitFor()
      await importFile(page, 'outlines', 'grids.geojson', JSON.stringify(OUTLINES), 2)
      await importFile(page, 'cameras', 'cameras.csv', CAMERAS, 4)
      await importFile(page, 'posts', 'people.csv', PEOPLE, 2)
      await shot(page, 'org-imported')
      sendAlert({ camera: 'care', camera_name: '养老院一楼', behavior: 'fall', rule: 'care-fall', zone: 'corridor' })
    },
  ],
  [
    'a template comes as a file that a spreadsheet reads',
    async ({ page }) => {
      await page.locator(at('import-cameras')).click()
      const [download] = await Promise.all([page.waitForEvent('download'), page.locator(at('import-template')).click()])
      check(download.suggestedFilename() === 'cameras.csv', 'the template has another name')
    },
  ],
  [
    'the tree opens level by level down to a grid with its outline',
    async ({ page, shot }) => {
      for (const code of ['4205', '420502', '420502001', '420502001001']) {
        await page.locator(at(`toggle-${code}`)).click()
      }
      await page.locator(at('region-420502001001001')).click()
      await page.locator(`${at('region')}[data-code="420502001001001"]`).waitFor()
      await page.locator(at('outline-main')).waitFor()
      await until(async () => (await page.locator(`${at('outline')} circle`).count()) === 2, 'the cameras are not drawn')
      await shot(page, 'org-grid')
      // By its address alone it opens the tree as far.
      await page.reload()
      await page.locator(at('region-420502001001002')).waitFor()
      await page.locator(at('region-420502001001')).click()
      await page.locator(at('outline')).waitFor()
      await shot(page, 'org-community')
    },
  ],
  [
    'a person is added with posts and a password that is shown once',
    async ({ page, shot }) => {
      await goTo(page, 'users')
      const wang = page.locator(`${at('user-row')}[data-name="wang"]`)
      await wang.locator(at('user-no-password')).waitFor()
      await page.locator(at('person-add')).click()
      await page.locator(at('person-save')).click()
      await page.locator(at('person-trouble')).filter({ hasText: '请填写用户名' }).waitFor()
      await page.locator(at('person-name')).fill('li.si')
      await page.locator(at('post-role')).selectOption('supervisor')
      await page.locator(at('post-region')).fill('420502')
      await page.locator(at('post-region-meaning')).filter({ hasText: '西陵区' }).waitFor()
      await page.locator(at('post-add')).click()
      await page.locator(at('post-role')).nth(1).selectOption('installer')
      await page.locator(at('post-region')).nth(1).fill('420502001001')
      await shot(page, 'users-add')
      await page.locator(at('person-save')).click()
      await page.locator(at('password')).waitFor()
      passwords.set('li.si', await page.locator(at('password')).innerText())
      check(passwords.get('li.si').length > 10, 'no password is shown')
      await page.locator(`${at('user-row')}[data-name="li.si"]`).filter({ hasText: '综治督办 · 西陵区' }).waitFor()
      await shot(page, 'users-password')
      await page.locator(at('password-close')).click()
      await wang.locator(at('user-disable')).click()
      await page.locator(at('user-confirm')).click()
      await wang.locator(at('user-disabled')).waitFor()
      await wang.locator(at('user-posts')).click()
      await page.locator(at('post-remove')).nth(1).click()
      await page.locator(at('person-save')).click()
      await until(async () => (await wang.locator(at('user-post')).count()) === 1, 'the post is still there')
      await wang.locator(at('user-enable')).click()
      await page.locator(at('user-confirm')).click()
      await wang.locator(at('user-no-password')).waitFor()
      await shot(page, 'users')
      await page.locator(at('person-add')).click()
      await page.locator(at('person-name')).fill('zhou')
      await page.locator(at('post-region')).fill('420502001001')
      await page.locator(at('person-save')).click()
      passwords.set('zhou', await page.locator(at('password')).innerText())
    },
  ],
  [
    'the roster says who is on duty now and marks where nobody is',
    async ({ page, shot }) => {
      await goTo(page, 'duties')
      await page.locator(at('region-4205')).waitFor()
      await page.goto(`${url}/duties/420502001001`)
      await page.locator(at('nobody')).filter({ hasText: '无人值班' }).waitFor()
      await page.locator(`${at('week-cover')} [data-cover="none"]`).waitFor()
      await page.locator(at('duty-add')).click()
      await page.locator(at('duty-save')).click()
      await page.locator(at('duty-lack')).filter({ hasText: '请填写用户名' }).waitFor()
      await page.locator(at('duty-user')).fill('wang')
      await page.locator(at('duty-from')).fill(dayFromNow(-1))
      await page.locator(at('duty-until')).fill(dayFromNow(1))
      await page.locator(at('duty-start')).fill('08:00')
      await page.locator(at('duty-end')).fill('08:00')
      await page.locator(at('duty-save')).click()
      await page.locator(`${at('on-duty-row')}[data-user="wang"]`).filter({ hasText: '13800000000' }).waitFor()
      await page.locator(`${at('week-row')}[data-user="wang"]`).filter({ hasText: '王某' }).waitFor()
      await page.locator(`${at('week-cover')} [data-cover="all"]`).waitFor()
      check((await page.locator(at('nobody')).count()) === 0, 'somebody is on duty')
      await shot(page, 'duties')
      // A grid has the shifts of its community.
      await page.goto(`${url}/duties/420502001001002`)
      await page.locator(`${at('on-duty-row')}[data-user="wang"]`).waitFor()
      await page.locator(`${at('week-row')}[data-user="wang"]`).waitFor()
      await page.goto(`${url}/duties/420502001001`)
      await page.locator(at('duty-remove')).click()
      await page.locator(at('duty-remove-confirm')).click()
      await page.locator(at('no-duties')).waitFor()
    },
  ],
  [
    'shifts and the event catalogue are imported',
    async ({ page, shot }) => {
      await page.locator(at('duties-import')).click()
      await importFile(page, 'duties', 'shifts.csv', SHIFTS, 1)
      await importFile(page, 'catalogue', 'catalogue.csv', CATALOGUE, 2)
      await page.locator(at('to-catalogue')).click()
      await page.locator(`${at('category')}[data-code="020101"]`).filter({ hasText: '2 工作日' }).waitFor()
      await page.locator(at('catalogue-filter')).fill('倒地')
      await until(async () => (await page.locator(at('category')).count()) === 1, 'the filter let others through')
      await shot(page, 'catalogue')
      await page.goto(`${url}/duties/420502001001`)
      await page.locator(at('duty-row')).filter({ hasText: '周一至周五' }).filter({ hasText: '20:00–次日 08:00' }).waitFor()
    },
  ],
  [
    'a key period is entered and ended',
    async ({ page, shot }) => {
      await goTo(page, 'calendar')
      await page.locator(at('no-periods')).waitFor()
      await page.locator(at('period-add')).click()
      await page.locator(at('period-name')).fill('换届选举')
      await page.locator(at('period-region')).fill('420502')
      await page.locator(at('period-from')).fill(`${dayFromNow(-1)}T00:00`)
      await page.locator(at('period-until')).fill(`${dayFromNow(9)}T00:00`)
      await page.locator(at('period-save')).click()
      const period = page.locator(at('period')).filter({ hasText: '换届选举' })
      await period.waitFor()
      check((await period.getAttribute('data-state')) === 'on', 'the period does not last')
      await shot(page, 'periods')
      await period.locator(at('period-remove')).click()
      await page.locator(at('period-confirm')).click()
      await page.locator(`${at('period')}[data-state="over"]`).waitFor()
    },
  ],
  [
    'the calendar shows a year and takes a pasted one',
    async ({ page, shot }) => {
      await page.goto(`${url}/calendar/2026`)
      await page.locator('[data-date="2026-10-01"][data-kind="off"]').filter({ hasText: '休' }).waitFor()
      await page.locator('[data-date="2026-10-10"][data-kind="work"]').filter({ hasText: '班' }).waitFor()
      await page.locator(`${at('calendar-group')}[data-name="国庆节"]`).waitFor()
      await shot(page, 'calendar')
      await page.locator(at('year-next')).click()
      await page.locator(`${at('calendar-source')}[data-source="missing"]`).waitFor()
      await page.locator(at('calendar-edit')).click()
      await page.locator(at('calendar-paste')).fill('2027-01-01~2027-01-03 放假 元旦\n2027/1/4,上班,元旦调休\n国庆')
      await page.locator(at('calendar-take')).click()
      await page.locator(at('calendar-bad')).filter({ hasText: '第 3 行' }).waitFor()
      await page.locator('[data-date="2027-01-04"][data-kind="work"]').waitFor()
      await shot(page, 'calendar-edit')
      await page.locator(at('calendar-save')).click()
      await page.locator(`${at('calendar-source')}[data-source="entered"]`).waitFor()
    },
  ],
  [
    'a camera is found, and a rule of it is shelved for a while',
    async ({ page, shot }) => {
      await goTo(page, 'cameras')
      await page.locator(at('camera-filter')).fill('出入口')
      const row = page.locator(`${at('camera-row')}[data-key="gw-0001/gate-east"]`)
      await row.filter({ hasText: '第一网格' }).waitFor()
      check((await page.locator(at('camera-row')).count()) === 1, 'the filter let others through')
      await row.locator(at('camera-shelves')).click()
      await page.locator(at('quiet-submit')).click()
      await page.locator(at('quiet-trouble')).waitFor()
      await page.locator(at('quiet-minutes-30')).click()
      await page.locator(at('quiet-rule')).fill('lawn-night')
      await page.locator(at('quiet-reason')).fill('园林工人在草坪作业')
      await shot(page, 'cameras-shelve')
      await page.locator(at('quiet-submit')).click()
      await page.locator(at('message')).filter({ hasText: '已生效' }).waitFor()
      await row.locator(at('camera-maintenance')).click()
      await page.locator(at('quiet-reason')).fill('清洗镜头')
      await page.locator(at('quiet-submit')).click()
      await page.locator(at('message')).filter({ hasText: '已生效' }).waitFor()
      await page.locator(at('camera-filter')).fill('')
      await shot(page, 'cameras')
    },
  ],
  [
    'what is held back is listed, and ended',
    async ({ page, shot }) => {
      await goTo(page, 'quiet')
      const shelf = page.locator(`${at('quiet-shelves')} ${at('window')}`).filter({ hasText: '园林工人' })
      await shelf.waitFor()
      check((await shelf.getAttribute('data-state')) === 'on', 'the shelf is not in force')
      await shot(page, 'quiet')
      await shelf.locator(at('window-end')).click()
      await shelf.waitFor({ state: 'detached' })
      await page.locator(at('quiet-past')).check()
      await page.locator(`${at('window')}[data-state="over"]`).filter({ hasText: '提前结束' }).waitFor()
      await shot(page, 'quiet-past')
    },
  ],
  [
    'a camera says what was going on at a moment',
    async ({ page, shot }) => {
      await page.goto(`${url}/why/camera/gw-0001/gate-east?at=2026-01-01T00:00:00Z`)
      await page.locator(at('conclusion')).filter({ hasText: '该时刻没有告警送达' }).waitFor()
      await shot(page, 'why-camera')
      await page.locator(at('why-at')).fill('')
      await page.locator(at('why-show')).click()
      await page.locator('[role="alert"]').filter({ hasText: '请选择时刻' }).waitFor()
    },
  ],
  [
    'an alert says why it is more urgent than its rule says',
    async ({ page, shot }) => {
      await page.goto(url)
      await page.locator(at('case-row')).filter({ hasText: '养老院一楼' }).click()
      await page.locator(at('alert-why')).click()
      await page.locator(at('path')).filter({ hasText: '位于养老场所，由重要升为紧急' }).waitFor()
      await shot(page, 'why-alert')
      await page.locator(at('why-at-camera')).click()
      await page.locator(at('conclusion')).waitFor()
    },
  ],
  [
    'an operator sees and does what the posts allow, and is told the rest in words',
    async ({ page, shot }) => {
      await logInAs(page, 'zhou')
      check((await page.locator(at('nav-users')).count()) === 0, 'the header leads where an operator has no business')
      await page.goto(`${url}/users`)
      await page.locator(`${at('failure')}[data-status="403"]`).filter({ hasText: '没有权限' }).waitFor()
      await shot(page, 'users-forbidden')
      await goTo(page, 'org')
      await page.locator(at('region-4205')).waitFor()
      check((await page.locator(at('import')).count()) === 0, 'an operator is offered imports')
      await goTo(page, 'cameras')
      const row = page.locator(`${at('camera-row')}[data-key="gw-0001/hall"]`)
      await row.locator(at('camera-shelves')).click()
      check((await page.locator(at('quiet-minutes-60')).count()) === 0, 'the room shelves for 30 minutes at most')
      await page.locator(at('quiet-minutes-30')).click()
      await page.locator(at('quiet-reason')).fill('电梯检修，人员进出频繁')
      await shot(page, 'cameras-operator')
      await page.locator(at('quiet-submit')).click()
      await page.locator(at('message')).filter({ hasText: '已生效' }).waitFor()
    },
  ],
  [
    'a long shelf waits for a second person',
    async ({ page, shot }) => {
      await logInAs(page, user)
      await page.goto(`${url}/cameras?edge=gw-0001&camera=care&rule=fall`)
      await page.locator(at('quiet-minutes-1440')).click()
      check((await page.locator(at('quiet-rule')).inputValue()) === 'fall', 'the rule is not filled in')
      await page.locator(at('quiet-reason')).fill('走廊整修')
      await page.locator(at('quiet-submit')).click()
      await page.locator(at('message')).filter({ hasText: '须第二人同意后才生效' }).waitFor()
      await goTo(page, 'quiet')
      const own = page.locator(`${at('window')}[data-state="pending"]`)
      await own.waitFor()
      check((await own.locator(at('window-agree')).count()) === 0, 'one may agree to what one asked for')
      await logInAs(page, 'li.si')
      await goTo(page, 'quiet')
      const waits = page.locator(`${at('window')}[data-state="pending"]`)
      await waits.waitFor()
      await shot(page, 'quiet-pending')
      await waits.locator(at('window-agree')).click()
      await page.locator(at('message')).filter({ hasText: '已同意' }).waitFor()
      await page.locator(`${at('window')}[data-state="on"]`).filter({ hasText: 'li.si 已同意' }).waitFor()
    },
  ],
])
