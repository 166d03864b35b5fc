import { createRouter, createWebHistory } from 'vue-router'
import { loadSession } from './stores/session'

export const router = createRouter({
  history: createWebHistory(),
  routes: [
    { path: '/login', name: 'login', component: () => import('./pages/LoginPage.vue') },
    { path: '/', name: 'queue', component: () => import('./pages/QueuePage.vue') },
    { path: '/cases/:id', name: 'case', component: () => import('./pages/CasePage.vue'), props: true },
    { path: '/org/:code(\\d+)?', name: 'org', component: () => import('./pages/OrgPage.vue') },
    { path: '/duties/:code(\\d+)?', name: 'duties', component: () => import('./pages/DutiesPage.vue') },
    { path: '/catalogue', name: 'catalogue', component: () => import('./pages/CataloguePage.vue') },
    { path: '/cameras', name: 'cameras', component: () => import('./pages/CamerasPage.vue') },
    { path: '/users', name: 'users', component: () => import('./pages/UsersPage.vue') },
    { path: '/tokens', name: 'tokens', component: () => import('./pages/TokensPage.vue') },
    { path: '/api-calls', name: 'api', component: () => import('./pages/ApiPage.vue') },
    { path: '/calendar/:year(\\d{4})?', name: 'calendar', component: () => import('./pages/CalendarPage.vue') },
    { path: '/quiet', name: 'quiet', component: () => import('./pages/QuietPage.vue') },
    { path: '/reports', name: 'reports', component: () => import('./pages/ReportsPage.vue') },
    { path: '/views', name: 'views', component: () => import('./pages/ViewsPage.vue') },
    { path: '/keeping', name: 'keeping', component: () => import('./pages/KeepingPage.vue') },
    { path: '/exports', name: 'exports', component: () => import('./pages/ExportsPage.vue') },
    { path: '/plans', name: 'plans', component: () => import('./pages/PlansPage.vue') },
    { path: '/hooks', name: 'hooks', component: () => import('./pages/HooksPage.vue') },
    { path: '/quarantine', name: 'quarantine', component: () => import('./pages/QuarantinePage.vue') },
    { path: '/why/alert/:edge/:id', name: 'why-alert', component: () => import('./pages/WhyAlertPage.vue'), props: true },
    {
      path: '/why/camera/:edge/:camera',
      name: 'why-camera',
      component: () => import('./pages/WhyCameraPage.vue'),
      props: true,
    },
    { path: '/:rest(.*)*', redirect: '/' },
  ],
})

router.beforeEach(async (to) => {
  const known = (await loadSession()) !== null
  if (to.name === 'login') return known ? { path: '/' } : true
  return known ? true : { name: 'login', query: to.path === '/' ? {} : { next: to.fullPath } }
})
