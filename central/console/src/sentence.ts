// A failed call as one sentence for people.
import { ApiError } from '@/api/http'
import { i18n, lang } from './i18n'

export function sentence(error: unknown): string {
  const { t, te } = i18n.global
  if (!(error instanceof ApiError)) throw error
  if (error.status === 0) return t('error.offline')
  const said = error.words?.[lang() === 'en' ? 'en' : 'zh'] ?? null
  const key = `error.${error.status}`
  // What was not found, only the centre can say.
  if (te(key, 'zh-CN') && !(error.status === 404 && said !== null)) return t(key)
  return said ?? t('error.other', { status: error.status })
}
