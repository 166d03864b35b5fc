import vue from '@vitejs/plugin-vue'
import { fileURLToPath } from 'node:url'
import { type Plugin } from 'vite'
import { defineConfig } from 'vitest/config'

// Where `npm run dev` sends API calls: a running xunge-central.
const centre = process.env.XUNGE_URL ?? 'http://127.0.0.1:8080'

const page = (name: string) => fileURLToPath(new URL(name, import.meta.url))

/** As the centre does it: every path of the residents' half gives its page. */
const residents: Plugin = {
  name: 'residents-page',
  configureServer(server) {
    server.middlewares.use((request, _response, next) => {
      if (/^\/residents(?:[/?]|$)/.test(request.url ?? '')) request.url = '/residents.html'
      next()
    })
  },
}

export default defineConfig({
  plugins: [vue(), residents],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  define: {
    // vue-i18n: interpret messages instead of compiling them, because the page may run no eval.
    __INTLIFY_JIT_COMPILATION__: true,
    __VUE_I18N_LEGACY_API__: false,
    __VUE_OPTIONS_API__: true,
    __VUE_PROD_DEVTOOLS__: false,
  },
  build: {
    target: 'es2022',
    // The server's content policy allows files of its own only, so nothing becomes a data: address.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // The residents' half is a page of its own: it loads nothing of the other.
    rollupOptions: { input: { index: page('index.html'), residents: page('residents.html') } },
  },
  server: { proxy: { '/api': { target: centre, changeOrigin: false } } },
  test: { include: ['tests/unit/**/*.test.ts'], environment: 'node', setupFiles: ['tests/unit/texts.ts'] },
})
