import { createRouter, createWebHistory } from 'vue-router'
import { loadSession } from './stores/session'

export const router = createRouter({
  history: createWebHistory(),
  routes: [
    { path: '/login', name: 'login', component: () => import('./pages/LoginPage.vue') },
    { path: '/', name: 'queue', component: () => import('./pages/QueuePage.vue') },
    { path: '/cases/:id', name: 'case', component: () => import('./pages/CasePage.vue'), props: true },
    { path: '/:rest(.*)*', redirect: '/' },
  ],
})

router.beforeEach(async (to) => {
  const known = (await loadSession()) !== null
  if (to.name === 'login') return known ? { path: '/' } : true
  return known ? true : { name: 'login', query: to.path === '/' ? {} : { next: to.fullPath } }
})
