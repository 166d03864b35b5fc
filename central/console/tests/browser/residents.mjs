// The residents' half in a real browser against a real, running xunge-central whose residents' half has one account, the
// administrator `rooter`, and nobody's data. Its environment is that of console.mjs (an account of the video half, which is to be
// nobody here), and RESIDENTS_PASSWORD is the password of `rooter`. An administrator makes accounts; a clerk imports people; a
// supervisor puts a rule to use; a worker goes there with a phone in the hand; an auditor sees who looked. It prints a line
// `NEEDS scan`: whoever runs this test then lets the residents' half scan, once, for today.
import { BAD, FILE, GRID, TELEPHONE, sixty } from './citizens.mjs'
import { check, run, settings, until } from './harness.mjs'
import { at, logIn as logInVideo } from './pages.mjs'
import { sendSlowly } from './slow.mjs'

const { url } = settings
const rooter = process.env.RESIDENTS_PASSWORD
if (!rooter) {
  console.error('The browser test needs RESIDENTS_PASSWORD: that of the account `rooter` of the residents’ half.')
  process.exit(2)
}
const home = `${url}/residents/`
/** Who works here, and as what; each with a page of its own later. */
const PEOPLE = {
  chen: { role: 'supervisor', region: '', full: '陈某' },
  zhuan: { role: 'clerk', region: '420502', full: '专某' },
  wang: { role: 'worker', region: GRID, full: '网某' },
  shen: { role: 'auditor', region: '', full: '审某' },
}
const pages = {}
const passwords = {}
const PHONE = { width: 360, height: 740 }

async function logIn(page, account, password) {
  await page.goto(home)
  await page.locator('#account').fill(account)
  await page.locator('#password').fill(password)
  await page.locator(at('login-submit')).click()
  await page.locator(at('nav')).waitFor()
}

async function goTo(page, name) {
  await page.locator(at(`nav-${name}`)).click()
  await page.waitForURL(`**/residents/${name}`)
  await page.locator('.sheet h1').waitFor()
}

async function addAccount(page, name, { role, region, full }) {
  await page.locator(at('account-add')).click()
  await page.locator(at('account-name')).fill(name)
  await page.locator(at('account-full-name')).fill(full)
  await page.locator(at('account-unit')).fill('示例社区')
  await page.locator(at('post-role')).selectOption(role)
  if (region !== '') await page.locator(at('post-region')).fill(region)
  await page.locator(at('account-save')).click()
  const password = await page.locator(at('password')).innerText()
  check(password.length > 10, 'no password is shown')
  await page.locator(at('password-close')).click()
  await page.locator(`${at('account-row')}[data-account="${name}"]`).waitFor()
  return password
}

/** Sideways no page may move, least of all in a hand; tables in it may. */
async function fits(page, where) {
  const wide = await page.evaluate(() => {
    const sheet = document.querySelector('.sheet')
    return Math.max(document.documentElement.scrollWidth - window.innerWidth, sheet.scrollWidth - sheet.clientWidth)
  })
  check(wide <= 0, `the page is ${wide} px too wide: ${where}`)
}

const task = `${at('task-row')}[data-rule="elder-card"]`
const card = `${at('card')}[data-rule="elder-card"]`

await run([
  [
    'a session of the video half is nobody here',
    async ({ elsewhere, shot }) => {
      const page = await elsewhere()
      await page.goto(url)
      await logInVideo(page, settings.user, settings.password)
      await page.waitForURL((address) => !address.pathname.startsWith('/login'))
      const statuses = await page.evaluate(async () => {
        const paths = ['session', 'tasks', 'people/1', 'rules', 'audit']
        return Promise.all(paths.map(async (path) => (await fetch(`/api/v1/residents/${path}`)).status))
      })
      check(statuses.every((status) => status === 401), `a video session is answered ${statuses}`)
      await page.goto(`${home}people`)
      await page.locator('#account').waitFor()
      await shot(page, 'residents-01-login')
      await page.locator('#account').fill(settings.user)
      await page.locator('#password').fill(settings.password)
      await page.locator(at('login-submit')).click()
      await page.locator(at('login-failure')).filter({ hasText: '不正确' }).waitFor()
      await page.context().close()
    },
  ],
  [
    'an administrator makes accounts, and sees nobody',
    async ({ page, shot }) => {
      await logIn(page, 'rooter', rooter)
      await page.waitForURL('**/residents/accounts')
      for (const name of ['people', 'tasks', 'import', 'rules']) {
        check((await page.locator(at(`nav-${name}`)).count()) === 0, `an administrator is led to ${name}`)
      }
      await page.locator(at('account-add')).click()
      await page.locator(at('account-save')).click()
      await page.locator(at('account-lack')).waitFor()
      await page.locator(at('account-add')).click()
      for (const [name, person] of Object.entries(PEOPLE)) passwords[name] = await addAccount(page, name, person)
      await shot(page, 'residents-02-accounts')
      // a page that the rights do not give leads home
      await page.goto(`${home}people`)
      await page.waitForURL('**/residents/accounts')
    },
  ],
  [
    'everybody begins with what the work is',
    async ({ elsewhere }) => {
      const begin = { chen: 'rules', zhuan: 'tasks', wang: 'mine', shen: 'audit' }
      for (const name of Object.keys(PEOPLE)) {
        const page = await elsewhere()
        await logIn(page, name, passwords[name])
        await page.waitForURL(`**/residents/${begin[name]}`)
        pages[name] = page
      }
    },
  ],
  [
    'a clerk tries a file, whose bad row is named, and imports it',
    async ({ shot }) => {
      const { zhuan } = pages
      await goTo(zhuan, 'import')
      await zhuan.locator(at('import-file')).setInputFiles(FILE)
      await zhuan.locator(at('import-chosen')).filter({ hasText: FILE.name }).waitFor()
      check(await zhuan.locator(at('import-apply')).isDisabled(), 'it could be imported before it was tried')
      await zhuan.locator(at('import-try')).click()
      await zhuan.locator(`${at('import-done')}[data-verdict="tried"]`).waitFor()
      await zhuan.locator(`${at('import-problem')}[data-line="${BAD}"]`).waitFor()
      check((await zhuan.locator(at('import-added')).innerText()) === '2', 'a try expects other than 2 people')
      check((await zhuan.locator(at('import-refused')).innerText()) === '1', 'a try refuses other than 1 row')
      await shot(zhuan, 'residents-03-tried')
      const coming = zhuan.waitForEvent('download')
      await zhuan.locator(at('import-save')).click()
      check((await coming).suggestedFilename().endsWith('.csv'), 'the problems come as another kind of file')
      await zhuan.locator(at('import-apply')).click()
      await zhuan.locator(`${at('import-done')}[data-verdict="applied"]`).waitFor()
      check((await zhuan.locator(at('import-added')).innerText()) === '2', 'other than 2 people were imported')
      await zhuan.locator(at('import-run')).filter({ hasText: FILE.name }).waitFor()
      check(await zhuan.locator(at('import-apply')).isDisabled(), 'it could be imported twice')
      await shot(zhuan, 'residents-04-imported')
    },
  ],
  [
    'an import that goes on without its page is seen there, and what came of it',
    async ({ shot }) => {
      const { zhuan } = pages
      const slow = await sendSlowly(zhuan, `${url}/api/v1/residents/import?file=again.csv`, FILE)
      await until(async () => {
        await goTo(zhuan, 'people')
        await goTo(zhuan, 'import')
        await zhuan.locator(at('import-runs')).waitFor()
        return (await zhuan.locator(at('import-running')).count()) === 1
      }, 'nobody sees that an import is under way')
      check((await zhuan.locator(at('import-running')).innerText()).includes('again.csv'), 'nobody reads which file comes')
      await shot(zhuan, 'residents-04b-running')
      const { status, text } = await slow.end()
      check(status === 200 && text.includes('"same":2'), `the slow import came to: ${status} ${text}`)
      // the page finds out by itself
      await zhuan.locator(at('import-running')).waitFor({ state: 'detached' })
      await zhuan.locator(at('import-run')).filter({ hasText: 'again.csv' }).waitFor()
    },
  ],
  [
    'a clerk finds people by name and by dwelling; numbers are masked',
    async ({ shot }) => {
      const { zhuan } = pages
      await goTo(zhuan, 'people')
      await zhuan.locator(at('people-find')).click()
      await zhuan.locator(at('people-lack')).waitFor()
      await zhuan.locator(at('people-name')).fill('王')
      await zhuan.locator(at('people-find')).click()
      await zhuan.locator(at('person-row')).filter({ hasText: '王秀某' }).waitFor()
      check(!(await zhuan.content()).includes(sixty), 'a whole number is on the page')
      await shot(zhuan, 'residents-05-people')
      await zhuan.locator(at('by-dwelling')).click()
      await zhuan.locator(at('dwelling-address')).fill('示例路1号')
      await zhuan.locator(at('dwelling-find')).click()
      await zhuan.locator(at('dwelling')).filter({ hasText: '103室' }).click()
      await zhuan.locator(at('person-row')).filter({ hasText: '李某' }).waitFor()
      await zhuan.locator(at('by-person')).click()
      await zhuan.locator(at('people-name')).fill('王秀')
      await zhuan.locator(at('people-find')).click()
      await zhuan.locator(at('person-open')).filter({ hasText: '王秀某' }).click()
      await zhuan.locator(at('facts')).waitFor()
      await zhuan.locator(at('why')).waitFor()
      await shot(zhuan, 'residents-06-person')
    },
  ],
  [
    'a supervisor begins with the shipped rules, puts a mistake right, tries, adds and puts one to use',
    async ({ shot }) => {
      const { chen } = pages
      await goTo(chen, 'rules')
      await chen.locator(at('rule-new')).click()
      await chen.locator(at('shipped')).selectOption({ label: 'elderly.toml' }).catch(async () => {
        // named without its folder or with it
        const name = await chen.locator(`${at('shipped')} option`, { hasText: 'elderly' }).first().getAttribute('value')
        await chen.locator(at('shipped')).selectOption(name)
      })
      const text = await until(async () => {
        const now = await chen.locator(at('rule-text')).inputValue()
        return now.includes('elder-card') ? now : null
      }, 'the shipped file is not in the editor')
      await chen.locator(at('rule-text')).fill(text.replace('age = 60', 'age = "sixty"'))
      await chen.locator(at('rule-check')).click()
      await chen.locator(at('rule-problem')).first().click()
      check(await chen.locator(at('rule-text')).evaluate((area) => area === document.activeElement), 'a problem does not lead into the text')
      check(await chen.locator(at('rule-add')).isDisabled(), 'a text with mistakes could be added')
      await shot(chen, 'residents-07-problems')
      await chen.locator(at('rule-text')).fill(text)
      await chen.locator(at('rule-check')).click()
      await until(async () => chen.locator(at('rule-try')).isEnabled(), 'a text without mistakes cannot be tried')
      await chen.locator(at('rule-try')).click()
      const tried = chen.locator(`${at('tried')}[data-rule="elder-card"] ${at('tried-words')}`)
      await tried.filter({ hasText: '将提醒 1 人' }).waitFor({ timeout: 60_000 })
      await shot(chen, 'residents-08-tried')
      await chen.locator(at('rule-add')).click()
      await chen.locator(`${at('message')}[data-of="add"]`).filter({ hasText: 'elder-card' }).waitFor()
      await chen.locator(at('to-rules')).click()
      const row = `${at('rule-row')}[data-rule="elder-card"]`
      await chen.locator(`${row} ${at('rule-versions')}`).click()
      await chen.locator(`${at('version')}[data-version="1"] ${at('version-use')}`).click()
      await chen.locator(at('use-confirm')).click()
      await chen.locator(`${row}[data-live="1"]`).waitFor()
      await chen.locator(`${row} ${at('rule-live')}`).waitFor()
      await shot(chen, 'residents-09-rules')
      await goTo(chen, 'workdays')
      await chen.locator(at('year')).waitFor()
      await shot(chen, 'residents-10-workdays')
    },
  ],
  [
    'a scan makes a reminder, which the clerk sees by grid and day',
    async ({ shot }) => {
      const { zhuan } = pages
      console.log('NEEDS scan')
      await goTo(zhuan, 'tasks')
      await until(
        async () => {
          await zhuan.reload()
          await zhuan.locator(`${at('tasks')}, ${at('tasks-empty')}`).first().waitFor()
          return (await zhuan.locator(task).count()) === 1
        },
        'no reminder came out',
        60_000,
      )
      await zhuan.locator(`${at('task-grid')}[data-grid="${GRID}"]`).waitFor()
      await zhuan.locator(task).filter({ hasText: '王秀某' }).locator(at('task-open')).click()
      await zhuan.locator(at('maybe')).filter({ hasText: '可能符合，以主管部门审核为准' }).waitFor()
      await zhuan.locator(at('steps')).waitFor()
      await shot(zhuan, 'residents-11-tasks')
    },
  ],
  [
    'the clerk prints a sheet to telephone by, which holds what it has to say',
    async ({ shot }) => {
      const { zhuan } = pages
      await zhuan.locator(at('to-sheet')).click()
      await zhuan.locator(at('sheet-region')).fill(GRID)
      await zhuan.locator(at('reason-other')).click()
      await zhuan.locator(at('reason-submit')).click()
      await zhuan.locator('[role="alert"]').filter({ hasText: '事由' }).waitFor()
      await zhuan.locator(at('reason-words')).fill('社区电话通知')
      await zhuan.locator(at('reason-submit')).click()
      const sheet = zhuan.locator(at('call-sheet'))
      await sheet.locator(at('call')).filter({ hasText: '王秀某' }).filter({ hasText: TELEPHONE }).waitFor()
      const words = await sheet.innerText()
      for (const word of ['可能符合，以主管部门审核为准', '专某', '□', '不问银行卡密码']) {
        check(words.includes(word), `the sheet does not have: ${word}`)
      }
      check(!words.includes(sixty), 'a whole number is on the sheet')
      await shot(zhuan, 'residents-12-sheet')
      await zhuan.emulateMedia({ media: 'print' })
      check(!(await zhuan.locator(at('nav')).isVisible()), 'the header is printed')
      check(!(await zhuan.locator(at('sheet-print')).isVisible()), 'the buttons are printed')
      check(await sheet.isVisible(), 'the sheet is not printed')
      await shot(zhuan, 'residents-13-printed')
      await zhuan.emulateMedia({ media: null })
    },
  ],
  [
    'a worker with a phone in the hand ticks a step, telephones, and notes what came of it',
    async ({ shot }) => {
      const { wang } = pages
      await wang.setViewportSize(PHONE)
      await wang.reload()
      await wang.locator(card).waitFor()
      await fits(wang, 'the worker’s list')
      await shot(wang, 'residents-14-mine')
      await wang.locator(`${card} ${at('card-open')}`).click()
      await wang.locator(at('step-0')).waitFor()
      const height = (await wang.locator('label', { has: wang.locator(at('step-0')) }).boundingBox()).height
      check(height >= 44, `a step is ${height} px high: too little for a finger`)
      const saved = wang.waitForResponse((answer) => answer.url().endsWith('/steps') && answer.status() === 204)
      const deadline = await wang.locator(at('task-deadline')).innerText()
      await wang.locator(at('task-waits')).waitFor()
      await wang.locator(at('step-0')).check()
      await saved
      // whoever was there has time until it can be applied for, and the card says so
      await wang.locator(at('task-waits')).waitFor({ state: 'detached' })
      const later = await wang.locator(at('task-deadline')).innerText()
      check(later > deadline, `the deadline is ${later} after the visit, and was ${deadline} before`)
      await wang.locator(`${card} ${at('card-open')}`).filter({ hasText: later }).waitFor()
      check(!(await wang.content()).includes(TELEPHONE), 'a whole telephone is on the page')
      await wang.locator(at('reveal-ask')).click()
      await wang.locator(at('reason-contact')).click()
      await fits(wang, 'the question why')
      await shot(wang, 'residents-15-reason')
      await wang.locator(at('reason-submit')).click()
      const link = wang.locator(at('revealed'))
      check((await link.getAttribute('href')) === `tel:${TELEPHONE}`, 'the telephone cannot be called')
      await wang.locator(at('outcome-handled')).click()
      await wang.locator(at('outcome-note')).fill('已代办，等待制证')
      await fits(wang, 'the outcome')
      await shot(wang, 'residents-16-outcome')
      await wang.locator(at('outcome-save')).click()
      await wang.locator(`${card} ${at('card-finished')}`).filter({ hasText: '已办结' }).waitFor()
      await wang.locator(`${at('task-outcome')}[data-outcome="handled"]`).waitFor()
      check(await wang.locator(at('step-0')).isChecked(), 'the step is not ticked any more')
      await shot(wang, 'residents-17-finished')
      await wang.locator(at('reload')).click()
      await wang.locator(at('mine-empty')).waitFor()
    },
  ],
  [
    'statistics show it, in a picture and in numbers',
    async ({ shot }) => {
      const { chen } = pages
      await goTo(chen, 'statistics')
      await chen.locator(`${at('bar')}[data-rule="elder-card"] ${at('bar-numbers')}`).filter({ hasText: '已办结 1' }).waitFor()
      await chen.locator(`${at('part')}[data-part="420502001001"]`).waitFor()
      await chen.locator(at('scans')).waitFor()
      await shot(chen, 'residents-18-statistics')
    },
  ],
  [
    'why there was a reminder is said in plain words',
    async ({ shot }) => {
      const { zhuan } = pages
      await goTo(zhuan, 'people')
      await zhuan.locator(at('people-number')).fill(sixty)
      await zhuan.locator(at('people-find')).click()
      await zhuan.locator(at('person-open')).click()
      const verdict = zhuan.locator(`${at('verdict')}[data-rule="elder-card"][data-kind="matched"]`)
      await verdict.filter({ hasText: '可能符合' }).filter({ hasText: '已办结' }).waitFor()
      const words = await zhuan.locator('main').innerText()
      check(!/一定能领|确定符合/.test(words), 'something is promised')
      await shot(zhuan, 'residents-19-why')
      await zhuan.locator(`${at('reveal-id_number')} ${at('reveal-ask')}`).click()
      await zhuan.locator(at('reason-verify')).click()
      await zhuan.locator(at('reason-submit')).click()
      await zhuan.locator(at('revealed')).filter({ hasText: sixty }).waitFor()
      await zhuan.reload()
      await verdict.waitFor()
      check(!(await zhuan.content()).includes(sixty), 'the whole number is still there after leaving')
    },
  ],
  [
    'what papers contradict each other in is settled with a choice and a sentence',
    async ({ shot }) => {
      const { zhuan } = pages
      await goTo(zhuan, 'conflicts')
      const row = zhuan.locator(`${at('conflict-row')}[data-kind="birth"]`)
      await row.filter({ hasText: '证件号码 1990-03-05 / 户口簿 1990-03-06' }).locator(at('conflict-settle')).click()
      await zhuan.locator(at('choice-id_number')).check()
      await zhuan.locator(at('settle-save')).click()
      await zhuan.locator('[role="alert"]').filter({ hasText: '一句话' }).waitFor()
      await shot(zhuan, 'residents-19-conflict')
      await zhuan.locator(at('settlement')).fill('经核对户口簿，以身份证为准')
      await zhuan.locator(at('settle-save')).click()
      await zhuan.locator(at('conflicts-none')).waitFor()
      await zhuan.locator(at('conflicts-settled')).click()
      await row.filter({ hasText: '以身份证为准' }).waitFor()
    },
  ],
  [
    'an auditor sees who looked at what and why, and that the log is whole',
    async ({ shot }) => {
      const { shen } = pages
      await goTo(shen, 'audit')
      await shen.locator(at('audit-find')).click()
      const reveal = `${at('audit-row')}[data-what="reveal"]`
      await shen.locator(`${reveal}[data-account="wang"]`).filter({ hasText: '联系本人' }).waitFor()
      await shen.locator(`${reveal}[data-account="zhuan"]`).filter({ hasText: '核对身份' }).waitFor()
      await shen.locator(`${at('audit-row')}[data-what="sheet"]`).filter({ hasText: '社区电话通知' }).waitFor()
      const words = await shen.locator(at('audit')).innerText()
      check(!words.includes(sixty) && !words.includes(TELEPHONE), 'the log holds a number or telephone')
      await shen.locator(at('audit-check')).click()
      await shen.locator(`${at('audit-checked')}[data-broken=""]`).filter({ hasText: '日志完整' }).waitFor()
      await shen.locator(at('audit-account')).fill('wang')
      await shen.locator(at('audit-find')).click()
      await until(
        async () => {
          const accounts = await shen.locator(at('audit-row')).evaluateAll((rows) => rows.map(({ dataset }) => dataset.account))
          return accounts.length > 0 && accounts.every((account) => account === 'wang')
        },
        'the log is not filtered by account',
      )
      await shot(shen, 'residents-20-audit')
    },
  ],
  [
    'pages fit a phone in both languages and in light; a session that ended leads to the login and back',
    async ({ shot }) => {
      const { zhuan } = pages
      await zhuan.setViewportSize(PHONE)
      await goTo(zhuan, 'tasks')
      for (const lang of ['zh', 'en']) {
        for (const name of ['mine', 'tasks', 'people', 'conflicts', 'import', 'rules', 'workdays', 'statistics']) {
          await zhuan.locator(at(`nav-${name}`)).click()
          await zhuan.waitForURL((address) => address.pathname.includes(`/residents/${name}`))
          await zhuan.locator('.sheet h1').waitFor()
          await fits(zhuan, `${name} in ${lang}`)
        }
        await shot(zhuan, `residents-21-phone-${lang}`)
        await zhuan.locator(at('language')).click()
      }
      await zhuan.locator(at('theme')).click()
      await shot(zhuan, 'residents-22-light')
      await zhuan.goto(`${home}conflicts`)
      await zhuan.locator('.sheet h1').waitFor()
      await zhuan.context().clearCookies()
      await zhuan.locator(at('conflicts-settled')).click()
      await zhuan.waitForURL('**/residents/login?next=**')
      await zhuan.locator('#account').fill('zhuan')
      await zhuan.locator('#password').fill(passwords.zhuan)
      await zhuan.locator(at('login-submit')).click()
      await zhuan.waitForURL('**/residents/conflicts')
    },
  ],
])
