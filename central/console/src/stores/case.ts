// One open case: fetched, kept fresh by the event stream, and changed.
import { onBeforeUnmount, ref, shallowRef, watch } from 'vue'
import { ApiError, type Split, api } from '@/api/client'
import type { CaseDetail } from '@/api/types'
import type { Change } from '@/api/work'
import { i18n, named } from '@/i18n'
import { sentence } from '@/sentence'
import { overtaken } from './cases'
import { listen } from './live'
import { forgetSession } from './session'

/** A burst of alerts about the open case costs one fetch. */
const REFRESH_PAUSE_MS = 300

/** What became of the last change. */
export interface Answer {
  /** Name of the change. */
  of: string
  text: string
  /** It was not recorded. */
  refused: boolean
  /** Another case that it speaks of. */
  other?: string
}

export function useCase(id: () => string) {
  const { t } = i18n.global
  const detail = shallowRef<CaseDetail | null>(null)
  const failure = ref<string | null>(null)
  const answer = shallowRef<Answer | null>(null)
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
      const fresh = await api.case(wanted)
      // Once the case has gone on, what was said of a change of before only confuses.
      const known = detail.value?.id === fresh.id ? detail.value.version : fresh.version
      if (!busy.value && answer.value?.refused === false && fresh.version > known) answer.value = null
      take(fresh)
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) forgetSession()
      if (wanted !== id()) return
      const gone = error instanceof ApiError && (error.status === 404 || error.status === 400)
      failure.value = gone ? t('case.notFound') : sentence(error)
    }
  }

  async function change(change: Change): Promise<void> {
    const of = change.change
    await act(of, async (wanted, version) => {
      take(await api.change(wanted, change, version))
      return { text: of === 'decided' ? t('verdict.saved') : t('action.saved', { action: named('action', of) }) }
    })
  }

  /** Alerts leave for another case; this one stays on screen. */
  async function split(split: Split): Promise<void> {
    await act('split', async (wanted, version) => {
      const other = await api.split(wanted, split, version)
      await load()
      return { text: t('split.saved', { number: other.number }), other: other.id }
    })
  }

  /** One change at a time, of the version that is on screen. `work` gives what to say of it. */
  async function act(
    of: string,
    work: (id: string, version: number) => Promise<Pick<Answer, 'text' | 'other'>>,
  ): Promise<void> {
    const wanted = id()
    const shown = detail.value
    if (shown === null || busy.value) return
    const tell = (said: Pick<Answer, 'text' | 'other'>, refused: boolean) => {
      if (wanted === id()) answer.value = { of, refused, ...said }
    }
    busy.value = true
    answer.value = null
    try {
      tell(await work(wanted, shown.version), false)
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) forgetSession()
      const tooLate = error instanceof ApiError && error.status === 409
      // Somebody was faster: the new state has to be on screen before it is explained.
      if (tooLate) await load()
      tell({ text: tooLate ? conflict(of, error) : sentence(error) }, true)
    } finally {
      busy.value = false
    }
  }

  /** Why a change came too late, and who was faster. */
  function conflict(of: string, error: ApiError): string {
    const decided = detail.value?.verdict ?? null
    if (of === 'decided' && decided !== null) {
      const by = named('actor', decided.by)
      return t('verdict.conflictDecided', { by, verdict: named('verdict', decided.verdict) })
    }
    if (error.code === 'version_differs') return t(of === 'decided' ? 'verdict.conflict' : 'action.conflict')
    return sentence(error)
  }

  watch(
    id,
    () => {
      detail.value = null
      failure.value = null
      answer.value = null
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
  return { detail, failure, answer, busy, change, split, take }
}
