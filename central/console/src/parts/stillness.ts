// Tells when a list must not move: somebody's pointer or keyboard is on it. A pointer that merely rests there
// for half a minute belongs to nobody, and must not keep new alerts away for hours.
import { type Ref, onBeforeUnmount, onMounted } from 'vue'

const RESTING_MS = 30_000

export function useStillness(element: Ref<HTMLElement | null>, still: (on: boolean) => void): void {
  let timer: ReturnType<typeof setTimeout> | undefined
  const touched = () => {
    still(true)
    clearTimeout(timer)
    timer = setTimeout(() => still(false), RESTING_MS)
  }
  const left = () => {
    clearTimeout(timer)
    still(false)
  }
  const TOUCHES = ['pointermove', 'pointerdown', 'keydown', 'focusin', 'wheel']
  onMounted(() => {
    for (const type of TOUCHES) element.value?.addEventListener(type, touched, { passive: true })
    element.value?.addEventListener('pointerleave', left)
    element.value?.addEventListener('focusout', left)
  })
  onBeforeUnmount(left)
}
