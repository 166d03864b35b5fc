// The browser's clock as a value that changes every second.
import { ref } from 'vue'

export const now = ref(Date.now())
setInterval(() => {
  now.value = Date.now()
}, 1_000)
