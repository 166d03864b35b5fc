// What the tests read from the pages, and what they do there again and again.
import { check, until } from './harness.mjs'

/** The element that a page marks for tests with this name. */
export const at = (name) => `[data-test="${name}"]`

export async function logIn(page, user, password) {
  await page.locator('#user').fill(user)
  await page.locator('#password').fill(password)
  await page.locator(at('login-submit')).click()
}

/** Goes to a page by the menu, through its group where it is in one. */
export async function goTo(page, name) {
  const link = page.locator(at(`nav-${name}`))
  if (!(await link.isVisible())) await page.locator('[data-group]', { has: link }).locator('button').click()
  await link.click()
}

/** The rows of the list, from the top. */
export async function rowsOf(page) {
  return page.locator(at('case-row')).evaluateAll((rows) =>
    rows.map(({ dataset }) => ({ id: dataset.id, count: Number(dataset.count), state: dataset.state })),
  )
}

/** Whether the clip has decoded pictures and runs. */
export async function clipPlays(page) {
  return page.evaluate(() => {
    const video = document.querySelector('[data-test="clip"]')
    return video !== null && video.readyState >= 2 && video.videoWidth > 0 && video.currentTime > 0
  })
}

/** The day so many days from now. */
export const dayFromNow = (days) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10)

/** Leaves a file in the field, as somebody who chose it. */
export async function choose(page, kind, name, text) {
  await page.locator(at(`import-${kind}`)).click()
  await page.locator(at('import-file')).setInputFiles({ name, mimeType: 'text/plain', buffer: Buffer.from(text) })
  await page.locator(at('import-chosen')).filter({ hasText: name }).waitFor()
}

/** Tries a file and then imports it. */
export async function importFile(page, kind, name, text, rows) {
  await choose(page, kind, name, text)
  check(await page.locator(at('import-apply')).isDisabled(), 'it could be imported before it was tried')
  await page.locator(at('import-try')).click()
  await page.locator(`${at('import-result')}[data-verdict="ready"]`).waitFor()
  check((await page.locator(at('import-count-new')).innerText()) === String(rows), `expected ${rows} new rows`)
  await page.locator(at('import-apply')).click()
  await page.locator(`${at('import-result')}[data-verdict="applied"]`).waitFor()
  check(await page.locator(at('import-apply')).isDisabled(), 'it could be imported twice')
}

/** Adds a person on the page of users; gives the password that is shown once. */
export async function addPerson(page, name, role, region) {
  await page.locator(at('person-add')).click()
  await page.locator(at('person-name')).fill(name)
  await page.locator(at('post-role')).selectOption(role)
  if (region === '') await page.locator(at('post-everywhere')).check()
  else await page.locator(at('post-region')).fill(region)
  await page.locator(at('person-save')).click()
  const password = await page.locator(at('password')).innerText()
  check(password.length > 10, 'no password is shown')
  await page.locator(at('password-close')).click()
  return password
}

/** Adds a shift on the page of a region's roster: all day, from yesterday until tomorrow. */
export async function addShift(page, name, role, place = 1) {
  const form = page.locator(at('duty-form'))
  if ((await form.count()) === 0) await page.locator(at('duty-add')).click()
  await page.locator(at('duty-user')).fill(name)
  await page.locator(at('duty-role')).selectOption(role)
  await page.locator(at('duty-place')).fill(String(place))
  await page.locator(at('duty-from')).fill(dayFromNow(-1))
  await page.locator(at('duty-until')).fill(dayFromNow(1))
  await page.locator(at('duty-start')).fill('08:00')
  await page.locator(at('duty-end')).fill('08:00')
  await page.locator(at('duty-save')).click()
  await form.waitFor({ state: 'detached' })
  await page.locator(`${at('on-duty-row')}[data-user="${name}"]`).waitFor()
}

/** Opens a case by its address and waits until it is there. */
export async function openCase(page, url, id) {
  await page.goto(`${url}/cases/${id}`)
  await page.locator(at('case')).waitFor()
}

/** Waits until the open case stands in this state; nothing is touched. */
export async function stands(page, state) {
  await page.locator(`.top ${at('state')}[data-state="${state}"]`).waitFor()
}

/** Opens the form of an action, fills it in, submits it, and waits for the answer. */
export async function act(page, action, values = {}) {
  const button = page.locator(at(`action-${action}`))
  const label = await button.innerText()
  await button.click()
  for (const [name, value] of Object.entries(values)) {
    if (typeof value === 'boolean') await page.locator(at(`field-${name}-${value ? 'yes' : 'no'}`)).click()
    else await page.locator(at(`field-${name}`)).fill(value)
  }
  if (Object.keys(values).length > 0) await page.locator(at('action-submit')).click()
  await page.locator(at('action-message')).filter({ hasText: `已记录：${label}。` }).waitFor()
}

/** The words of the log, oldest first: what happened, and who did it. */
export async function logOf(page) {
  return page.locator(`${at('log')} li .what`).evaluateAll((entries) =>
    entries.map((entry) => `${entry.querySelector('strong').innerText} · ${entry.querySelector('.muted').innerText.replace('·', '').trim()}`),
  )
}

/** Decides that the open case is real, without a category. */
export async function decideReal(page) {
  await page.locator(at('real')).click()
  await page.locator(at('submit-verdict')).click()
  await page.locator(at('decided')).filter({ hasText: '属实' }).waitFor()
}

/** Asks whoever runs this test to let the box send an alert that begins now. */
export function sendAlert(alert) {
  const utc = new Date().toISOString()
  console.log(`alert ${JSON.stringify({ alert_id: crypto.randomUUID(), utc, since_utc: utc, ...alert })}`)
}

/** Waits for a case in the list that was not there before and has so many alerts; nobody touches the page. */
export async function arrives(page, known, timeoutMs, count = 1) {
  const row = await until(
    async () => (await rowsOf(page)).find((one) => !known.includes(one.id) && one.state === 'verifying' && one.count === count),
    'the alert did not appear in the list',
    timeoutMs,
  )
  return row.id
}

/** Marks the page: it is another one after a reload. */
export async function markPage(page) {
  await page.evaluate(() => {
    window.xungeSamePage = true
  })
}

export async function checkSamePage(page) {
  check(await page.evaluate(() => window.xungeSamePage === true), 'the page was reloaded')
}
