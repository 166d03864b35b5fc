// Rings for new urgent cases, by WebAudio and, where it is allowed, by the system's notifications.
import { computed, ref, watch } from 'vue'
import type { CaseSummary } from '@/api/types'
import { i18n, named } from '@/i18n'
import { listen } from './live'
import { now } from './now'
import { MUTE_MINUTES, muteUntil, ringOf, tonesOf } from './ringing'
import { session } from './session'

/** Names of rings that were heard: older ones than these never come again. */
const HEARD = 500
const LOUDNESS = 0.25

let audio: AudioContext | null = null
const heard = new Set<string>()
/** Browsers let a page sound only once somebody has touched it. */
export const asleep = ref(true)
const until = ref(0)
export const mutedUntil = computed(() => (until.value > now.value ? until.value : null))
/** Whether the system's notifications could still be allowed. */
export const mayAsk = ref(typeof Notification !== 'undefined' && Notification.permission === 'default')

const place = (user: string) => `xunge.mute.${user}`

/** The first click or key wakes the sound. */
export async function wake(): Promise<void> {
  audio ??= new AudioContext()
  if (audio.state === 'suspended') await audio.resume()
  asleep.value = audio.state !== 'running'
}

export function mute(minutes: number): void {
  const user = session.value?.user
  if (user === undefined || !MUTE_MINUTES.includes(minutes)) return
  until.value = Date.now() + minutes * 60_000
  localStorage.setItem(place(user), String(until.value))
}

export function unmute(): void {
  until.value = 0
  if (session.value !== null) localStorage.removeItem(place(session.value.user))
}

export async function askNotifications(): Promise<void> {
  await Notification.requestPermission()
  mayAsk.value = Notification.permission === 'default'
}

export function sound(severity: number): void {
  if (audio === null || audio.state !== 'running') return
  const start = audio.currentTime + 0.02
  for (const { at, secs, hertz } of tonesOf(severity)) {
    const tone = audio.createOscillator()
    const loud = audio.createGain()
    tone.type = 'triangle'
    tone.frequency.value = hertz
    // swelling and fading, or it would crack
    loud.gain.setValueAtTime(0, start + at)
    loud.gain.linearRampToValueAtTime(LOUDNESS, start + at + 0.02)
    loud.gain.linearRampToValueAtTime(0, start + at + secs)
    tone.connect(loud).connect(audio.destination)
    tone.start(start + at)
    tone.stop(start + at + secs)
  }
}

function notify(row: CaseSummary): void {
  if (typeof Notification === 'undefined' || Notification.permission !== 'granted' || !document.hidden) return
  const title = `${named('severity', String(row.severity))} · ${named('behavior', row.behavior)}`
  const note = new Notification(title, { body: row.camera_name || row.camera || row.edge, tag: row.id, lang: i18n.global.locale.value })
  note.onclick = () => {
    window.focus()
    window.location.assign(`/cases/${row.id}`)
  }
}

function ring(row: CaseSummary): void {
  const name = ringOf(row, session.value?.user ?? '')
  if (name === null || heard.has(name)) return
  heard.add(name)
  const [oldest] = heard
  if (heard.size > HEARD && oldest !== undefined) heard.delete(oldest)
  if (mutedUntil.value !== null) return
  sound(row.severity)
  notify(row)
}

listen({ case: ring })
watch(
  () => session.value?.user,
  (user) => {
    heard.clear()
    until.value = user === undefined ? 0 : muteUntil(localStorage.getItem(place(user)), Date.now())
  },
  { immediate: true },
)
for (const touch of ['pointerdown', 'keydown'] as const) {
  window.addEventListener(touch, () => void (asleep.value && wake()), { capture: true })
}
