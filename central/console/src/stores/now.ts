// The browser's clock as a value that changes every second.
import { computed, ref } from 'vue'
import { centreNow } from '@/api/http'

export const now = ref(Date.now())
setInterval(() => {
  now.value = Date.now()
}, 1_000)

/** The same by the centre's clock: what it holds back and until when goes by that. */
export const nowThere = computed(() => centreNow(now.value))
