// Numbers and times as people read them. Pure: the clock and the language are passed in.

export type Lang = 'zh-CN' | 'en'

const UNITS = {
  'zh-CN': { d: '天', h: '小时', m: '分', s: '秒', gap: '' },
  en: { d: 'd', h: 'h', m: 'm', s: 's', gap: ' ' },
}

/** `83` → `1分23秒` / `1m 23s`: at most two units, because nobody reads the third. */
export function duration(secs: number, lang: Lang): string {
  if (!Number.isFinite(secs)) return '–'
  const unit = UNITS[lang]
  const whole = Math.max(0, Math.floor(secs))
  const parts: [number, string][] = [
    [Math.floor(whole / 86_400), unit.d],
    [Math.floor(whole / 3_600) % 24, unit.h],
    [Math.floor(whole / 60) % 60, unit.m],
    [whole % 60, unit.s],
  ]
  const first = parts.findIndex(([count]) => count > 0)
  if (first < 0) return `0${unit.s}`
  return parts
    .slice(first, first + 2)
    .filter(([count]) => count > 0)
    .map(([count, name]) => `${count}${name}`)
    .join(unit.gap)
}

/** Seconds from one instant to another, never negative: clocks of boxes may be ahead. */
export function secsBetween(from: string, to: number): number {
  return Math.max(0, (to - Date.parse(from)) / 1_000)
}

/** How long until `due`, or for how long it has been over. */
export function timeLeft(due: string, nowMs: number): { late: boolean; secs: number } {
  const ms = Date.parse(due) - nowMs
  return { late: ms <= 0, secs: Math.abs(ms) / 1_000 }
}

/** `14:05:09` today, `11-23 14:05:09` this year, the full date otherwise; the browser's time zone unless told. */
export function clockTime(utc: string, nowMs: number, timeZone?: string): string {
  const at = Date.parse(utc)
  if (Number.isNaN(at)) return '–'
  const [date, time] = local(at, timeZone)
  const [today] = local(nowMs, timeZone)
  if (date === today) return time
  return date.slice(0, 4) === today.slice(0, 4) ? `${date.slice(5)} ${time}` : `${date} ${time}`
}

/** `2026-11-23 14:05:09` */
export function fullTime(utc: string, timeZone?: string): string {
  const at = Date.parse(utc)
  return Number.isNaN(at) ? '–' : local(at, timeZone).join(' ')
}

function local(at: number, timeZone: string | undefined): [string, string] {
  // The Swedish form is ISO 8601: `2026-11-23 14:05:09`.
  const text = new Intl.DateTimeFormat('sv-SE', {
    dateStyle: 'short',
    timeStyle: 'medium',
    ...(timeZone === undefined ? {} : { timeZone }),
  }).format(at)
  const [date = '', time = ''] = text.split(' ')
  return [date, time]
}

/** `0.834` → `83%` */
export function percent(fraction: number): string {
  return `${Math.round(Math.min(1, Math.max(0, fraction)) * 100)}%`
}

/** `1.5`, `12`: one decimal where it says something. */
export function plain(value: number): string {
  return String(Math.round(value * 10) / 10)
}

/** What a rule's threshold counts, by behavior; all others count seconds. */
export function unitOf(behavior: string): 'people' | 'bh_s' | 'secs' {
  if (behavior === 'crowd') return 'people'
  if (behavior === 'running') return 'bh_s'
  return 'secs'
}
