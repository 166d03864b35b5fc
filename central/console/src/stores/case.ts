// One open case: fetched, kept fresh by the event stream, and decided.
import { onBeforeUnmount, ref, shallowRef, watch } from 'vue'
import { ApiError, api } from '@/api/client'
import type { CaseDetail, Decision } from '@/api/types'
import { i18n } from '@/i18n'
import { sentence } from '@/sentence'
import { overtaken } from './cases'
import { listen } from './live'
import { forgetSession } from './session'

/** A burst of alerts about the open case costs one fetch. */
const REFRESH_PAUSE_MS = 300

export function useCase(id: () => string) {
  const { t } = i18n.global
  const detail = shallowRef<CaseDetail | null>(null)
  const failure = ref<string | null>(null)
  const message = ref<string | null>(null)
  /** Whether `message` tells of a verdict that was not recorded. */
  const refused = ref(false)
  const busy = ref(false)
  let timer: ReturnType<typeof setTimeout> | undefined

  function take(fresh: CaseDetail): void {
    if (fresh.id !== id()) return
    if (detail.value !== null && detail.value.id === fresh.id && overtaken(detail.value, fresh)) return
    detail.value = fresh
    failure.value = null
  }

  async function load(): Promise<void> {
    const wanted = id()
    try {
      take(await api.case(wanted))
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) forgetSession()
      if (wanted !== id()) return
      const gone = error instanceof ApiError && (error.status === 404 || error.status === 400)
      failure.value = gone ? t('case.notFound') : sentence(error)
    }
  }

  async function decide(decision: Decision): Promise<void> {
    const wanted = id()
    busy.value = true
    message.value = null
    try {
      take(await api.decide(wanted, decision))
      if (wanted === id()) {
        refused.value = false
        message.value = t('verdict.saved')
      }
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) forgetSession()
      refused.value = true
      if (error instanceof ApiError && error.status === 409) await explainConflict(wanted)
      else if (wanted === id()) message.value = sentence(error)
    } finally {
      busy.value = false
    }
  }

  /** Somebody was faster: show the new state and say who it was. */
  async function explainConflict(wanted: string): Promise<void> {
    await load()
    if (wanted !== id()) return
    const decided = detail.value?.verdict ?? null
    message.value =
      decided === null
        ? t('verdict.conflict')
        : t('verdict.conflictDecided', { by: decided.by, verdict: t(`verdict.${decided.verdict}`) })
  }

  watch(
    id,
    () => {
      detail.value = null
      failure.value = null
      message.value = null
      void load()
    },
    { immediate: true },
  )
  const unlisten = listen({
    reload: () => void load(),
    case(summary) {
      if (summary.id !== id()) return
      timer ??= setTimeout(() => {
        timer = undefined
        void load()
      }, REFRESH_PAUSE_MS)
    },
  })
  onBeforeUnmount(() => {
    clearTimeout(timer)
    unlisten()
  })
  return { detail, failure, message, refused, busy, decide }
}
