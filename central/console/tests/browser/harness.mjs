// A browser, numbered steps, screenshots. Settings come from the environment; see console.mjs.
import { mkdtemp, mkdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium } from 'playwright-core'

export const settings = {
  url: needed('XUNGE_URL').replace(/\/$/, ''),
  user: needed('XUNGE_USER'),
  password: needed('XUNGE_PASSWORD'),
  shots: process.env.XUNGE_SHOTS ?? '',
  chromium: process.env.XUNGE_CHROMIUM ?? '/usr/bin/chromium',
  /** How long an alert or a clip may take to arrive. */
  waitMs: Number(process.env.XUNGE_WAIT_SECS ?? '120') * 1_000,
}

function needed(name) {
  const value = process.env[name]
  if (value) return value
  console.error(`The browser test needs ${name}: XUNGE_URL, XUNGE_USER and XUNGE_PASSWORD of a running xunge-central.`)
  process.exit(2)
}

/** What a page must never say: a script error, or something that the content policy blocked. */
const complaints = []

function watchPage(page) {
  page.on('pageerror', (error) => complaints.push(`script error: ${error.message}`))
  page.on('console', (message) => {
    if (/Content Security Policy|Refused to/.test(message.text())) complaints.push(message.text())
  })
  page.on('request', (request) => {
    if (!request.url().startsWith(settings.url) && !request.url().startsWith('blob:')) {
      complaints.push(`the page asked a foreign address: ${request.url()}`)
    }
  })
}

export function check(condition, sentence) {
  if (!condition) throw new Error(sentence)
}

/** Polls until `probe` gives something true, or says what it waited for. */
export async function until(probe, sentence, timeoutMs = 15_000) {
  const deadline = Date.now() + timeoutMs
  for (;;) {
    const found = await probe()
    if (found) return found
    check(Date.now() < deadline, `${sentence} (waited ${timeoutMs / 1_000} s)`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

const WINDOW = { viewport: { width: 1600, height: 900 }, locale: 'zh-CN', timezoneId: 'Asia/Shanghai' }

export async function run(steps) {
  const home = await mkdtemp(join(tmpdir(), 'xunge-console-'))
  if (settings.shots) await mkdir(settings.shots, { recursive: true })
  const context = await chromium.launchPersistentContext(home, {
    executablePath: settings.chromium,
    headless: true,
    ...WINDOW,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--autoplay-policy=no-user-gesture-required',
    ],
  })
  const watch = (one) => {
    one.setDefaultTimeout(15_000)
    one.on('page', watchPage)
  }
  watch(context)
  const first = context.pages()[0] ?? (await context.newPage())
  watchPage(first)
  const others = []
  const world = {
    context,
    page: first,
    /** A page of somebody else, with a session of its own. */
    async elsewhere() {
      const other = await context.browser().newContext(WINDOW)
      watch(other)
      others.push(other)
      return other.newPage()
    },
    async shot(page, name) {
      if (settings.shots) await page.screenshot({ path: join(settings.shots, `${name}.png`) })
    },
  }
  let passed = 0
  let failed = 0
  try {
    for (const [name, step] of steps) {
      await step(world)
      check(complaints.length === 0, complaints.join('\n'))
      passed += 1
      console.log(`ok ${passed} - ${name}`)
    }
  } catch (error) {
    failed = 1
    // A failed step leaves the later ones without a ground to stand on.
    console.log(`not ok ${passed + 1} - ${steps[passed][0]}\n${error instanceof Error ? error.stack : error}`)
    for (const [index, page] of [context, ...others].flatMap((one) => one.pages()).entries()) {
      await world.shot(page, `failure-${index}`).catch(() => undefined)
    }
  } finally {
    await context.close()
    await rm(home, { recursive: true, force: true })
  }
  console.log(`${passed} passed, ${failed} failed`)
  process.exitCode = failed
}
