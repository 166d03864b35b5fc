// A failed call as one sentence for people.
import { ApiError } from '@/api/client'
import { i18n } from './i18n'

export function sentence(error: unknown): string {
  const { t, te } = i18n.global
  if (!(error instanceof ApiError)) throw error
  if (error.status === 0) return t('error.offline')
  const key = `error.${error.status}`
  if (te(key, 'zh-CN')) return t(key)
  return error.detail ?? t('error.other', { status: error.status })
}
