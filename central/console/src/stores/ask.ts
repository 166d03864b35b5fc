// What a page asks the centre for, and what it asks it to do: busy, failed, done.
import { type Ref, ref, shallowRef } from 'vue'
import { ApiError } from '@/api/http'
import { sentence } from '@/sentence'
import { signedOut } from './signedout'

/** What became of the last request. Its text is a function, so that it follows the language. */
export interface Outcome {
  /** What was asked for. */
  of: string
  say: () => string
  refused: boolean
}

/** Only failed calls are for people; all else is a fault of the page and has to be seen as one. */
function known(error: unknown): ApiError {
  if (!(error instanceof ApiError)) throw error
  if (error.status === 401) signedOut()
  return error
}

/** Something that is fetched, and fetched again; an answer that was overtaken by a later one is dropped. */
export function useAsk<T>(ask: () => Promise<T>) {
  const data: Ref<T | null> = shallowRef(null)
  const failure = shallowRef<ApiError | null>(null)
  const busy = ref(false)
  let generation = 0

  async function load(): Promise<void> {
    const mine = ++generation
    busy.value = true
    try {
      const fresh = await ask()
      if (mine !== generation) return
      data.value = fresh
      failure.value = null
    } catch (error) {
      const why = known(error)
      if (mine === generation) failure.value = why
    } finally {
      if (mine === generation) busy.value = false
    }
  }

  /** What is shown no longer fits to what is asked for. */
  function drop(): void {
    generation += 1
    data.value = null
    failure.value = null
    busy.value = false
  }
  return { data, failure, busy, load, drop }
}

/** Requests that change something: one at a time. */
export function useDo() {
  const busy = ref(false)
  const outcome = shallowRef<Outcome | null>(null)

  /** Whether it was done. `work` gives the sentence to say then, if there is one. */
  async function run(of: string, work: () => Promise<(() => string) | null>): Promise<boolean> {
    if (busy.value) return false
    busy.value = true
    outcome.value = null
    try {
      const say = await work()
      if (say !== null) outcome.value = { of, say, refused: false }
      return true
    } catch (error) {
      const why = known(error)
      outcome.value = { of, say: () => sentence(why), refused: true }
      return false
    } finally {
      busy.value = false
    }
  }
  return { busy, outcome, run }
}
