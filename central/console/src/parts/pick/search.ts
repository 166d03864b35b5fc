// Looks for what is typed, a moment after the last letter.
import { onBeforeUnmount, ref, shallowRef } from 'vue'
import { ApiError } from '@/api/http'
import { signedOut } from '@/stores/signedout'
import type { Option } from './option'

const PAUSE_MS = 200

interface Result {
  options: Option[]
  more: boolean
}

export function useSearch(ask: (words: string) => Promise<Result>) {
  const options = shallowRef<Option[]>([])
  const more = ref(false)
  const busy = ref(false)
  let timer: ReturnType<typeof setTimeout> | undefined
  let generation = 0

  async function run(words: string): Promise<void> {
    const mine = ++generation
    busy.value = true
    try {
      const found = await ask(words)
      if (mine !== generation) return
      options.value = found.options
      more.value = found.more
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      if (error.status === 401) signedOut()
      // Nothing is offered then; what is typed still counts.
      if (mine === generation) options.value = []
    } finally {
      if (mine === generation) busy.value = false
    }
  }

  function look(words: string): void {
    clearTimeout(timer)
    timer = setTimeout(() => void run(words), PAUSE_MS)
  }

  onBeforeUnmount(() => {
    generation += 1
    clearTimeout(timer)
  })
  return { options, more, busy, look }
}
