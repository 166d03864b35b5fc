// Whether the files of a case may be shown to this person now: 调用登记.
import { onBeforeUnmount, ref, watch } from 'vue'
import { ApiError, centreNow } from '@/api/client'
import { type ViewReason, law } from '@/api/law'
import { sentence } from '@/sentence'
import { forgetSession } from './session'

/** `unknown` until the centre has answered. */
export type ViewState = 'unknown' | 'closed' | 'open'

export type View = ReturnType<typeof useView>

/** `again` changes whenever the answer may have: somebody has taken the case, or it was decided. */
export function useView(id: () => string, again: () => number) {
  const state = ref<ViewState>('unknown')
  const failure = ref<string | null>(null)
  const busy = ref(false)
  let timer: ReturnType<typeof setTimeout> | undefined

  function until(expires: string): void {
    clearTimeout(timer)
    // asked again a little late, so that the centre agrees that it is over
    timer = setTimeout(() => void check(), Math.max(1_000, Date.parse(expires) - centreNow() + 1_000))
  }

  function fail(error: unknown): void {
    if (!(error instanceof ApiError)) throw error
    if (error.status === 401) forgetSession()
    failure.value = sentence(error)
  }

  async function check(): Promise<void> {
    const wanted = id()
    clearTimeout(timer)
    try {
      const { grant, auto } = await law.viewOfCase(wanted)
      if (wanted !== id()) return
      state.value = grant !== null || auto ? 'open' : 'closed'
      failure.value = null
      if (grant !== null && !auto) until(grant.expires_utc)
    } catch (error) {
      if (wanted === id()) fail(error)
    }
  }

  async function say(reason: ViewReason, text: string): Promise<void> {
    if (busy.value) return
    const wanted = id()
    busy.value = true
    failure.value = null
    try {
      const grant = await law.say({ reason, case: wanted, ...(text === '' ? {} : { text }) })
      if (wanted !== id()) return
      state.value = 'open'
      until(grant.expires_utc)
    } catch (error) {
      if (wanted === id()) fail(error)
    } finally {
      busy.value = false
    }
  }

  watch(id, () => {
    state.value = 'unknown'
    failure.value = null
  })
  watch([id, again], () => void check(), { immediate: true })
  onBeforeUnmount(() => clearTimeout(timer))
  return { state, failure, busy, check, say }
}
