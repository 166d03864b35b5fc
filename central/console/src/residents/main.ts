import { createApp } from 'vue'
import { i18n, rememberedLang, setLang } from '@/i18n'
import { applyTheme } from '@/theme'
import App from './App.vue'
import { router } from './router'
import './texts'
import 'element-plus/theme-chalk/base.css'
import 'element-plus/theme-chalk/dark/css-vars.css'
import '@/styles/base.css'

// After an upgrade of the centre an open page asks for files that are gone: load the new page, but only once.
const RELOADED = 'xunge.reloaded'
window.addEventListener('vite:preloadError', (event) => {
  if (sessionStorage.getItem(RELOADED) !== null) return
  sessionStorage.setItem(RELOADED, '1')
  event.preventDefault()
  window.location.reload()
})
void router.isReady().then(() => sessionStorage.removeItem(RELOADED))

applyTheme()
await setLang(rememberedLang())
createApp(App).use(i18n).use(router).mount('#app')
