// Languages: Chinese first. A name that has no text yet is shown as it is, never as an error.
import { createI18n } from 'vue-i18n'
import type { Lang } from './format'

export interface Messages {
  [name: string]: string | Messages
}
const REMEMBERED = 'xunge.lang'
/** English files that are read when somebody wants them. */
const english: (() => Promise<Messages>)[] = []

export const i18n = createI18n({
  legacy: false,
  locale: 'zh-CN',
  fallbackLocale: 'zh-CN',
  messages: { 'zh-CN': {} } as Record<string, Messages>,
})

/** Each half of the centre brings its own texts, so that no page loads those of the other. */
export function addTexts(zh: Record<string, Messages>, en: Record<string, () => Promise<Messages>>): void {
  i18n.global.mergeLocaleMessage('zh-CN', Object.assign({}, ...Object.values(zh)) as Messages)
  english.push(...Object.values(en))
}

export async function setLang(lang: Lang): Promise<void> {
  if (lang === 'en' && !i18n.global.availableLocales.includes('en')) {
    const read = await Promise.all(english.map((file) => file()))
    i18n.global.setLocaleMessage('en', Object.assign({}, ...read) as Messages)
  }
  i18n.global.locale.value = lang
  document.documentElement.lang = lang
  localStorage.setItem(REMEMBERED, lang)
}

export function rememberedLang(): Lang {
  return localStorage.getItem(REMEMBERED) === 'en' ? 'en' : 'zh-CN'
}

export function lang(): Lang {
  return i18n.global.locale.value === 'en' ? 'en' : 'zh-CN'
}

/** The text of a name that the centre sent, such as a behavior; an unknown one stays itself. */
export function named(group: string, name: string | null | undefined): string {
  if (name === null || name === undefined || name === '') return '–'
  const key = `${group}.${name}`
  return i18n.global.te(key) || i18n.global.te(key, 'zh-CN') ? i18n.global.t(key) : name
}
