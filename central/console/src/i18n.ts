// Languages: Chinese first. A name that has no text yet is shown as it is, never as an error.
import { createI18n } from 'vue-i18n'
import type { Lang } from './format'

/** Each file holds groups of its own (a test says so); a new one is found by its name. */
interface Messages {
  [name: string]: string | Messages
}
const files = import.meta.glob<Messages>('./locales/*zh-CN.json', { eager: true, import: 'default' })
const zh = Object.assign({}, ...Object.values(files)) as Messages
const english = import.meta.glob<Messages>('./locales/*en.json', { import: 'default' })
const REMEMBERED = 'xunge.lang'

export const i18n = createI18n({
  legacy: false,
  locale: 'zh-CN',
  fallbackLocale: 'zh-CN',
  messages: { 'zh-CN': zh } as Record<string, Messages>,
})

export async function setLang(lang: Lang): Promise<void> {
  if (lang === 'en' && !i18n.global.availableLocales.includes('en')) {
    const read = await Promise.all(Object.values(english).map((file) => file()))
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
