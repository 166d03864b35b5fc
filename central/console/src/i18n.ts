// Languages: Chinese first. A name that has no text yet is shown as it is, never as an error.
import { createI18n } from 'vue-i18n'
import type { Lang } from './format'
import manageZh from './locales/manage.zh-CN.json'
import planZh from './locales/plan.zh-CN.json'
import deskZh from './locales/zh-CN.json'

/** What the desk says, what the pages for managing say, and what is said about plans; no group stands in two. */
const zh = { ...deskZh, ...manageZh, ...planZh }
const REMEMBERED = 'xunge.lang'

export const i18n = createI18n({
  legacy: false,
  locale: 'zh-CN',
  fallbackLocale: 'zh-CN',
  messages: { 'zh-CN': zh } as Record<string, typeof zh>,
})

export async function setLang(lang: Lang): Promise<void> {
  if (lang === 'en' && !i18n.global.availableLocales.includes('en')) {
    const [desk, manage, plan] = await Promise.all([
      import('./locales/en.json'),
      import('./locales/manage.en.json'),
      import('./locales/plan.en.json'),
    ])
    i18n.global.setLocaleMessage('en', { ...desk.default, ...manage.default, ...plan.default })
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
