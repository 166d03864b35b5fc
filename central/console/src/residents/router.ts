import { createRouter, createWebHistory } from 'vue-router'
import { pathOf } from '@/parts/paths'
import { allowed, homeOf } from './rights'
import { loadMe, me } from './session'

export const router = createRouter({
  history: createWebHistory('/residents/'),
  routes: [
    { path: '/login', name: 'login', component: () => import('./pages/LoginPage.vue') },
    { path: '/', name: 'home', redirect: () => homeOf(me.value?.rights ?? []) },
    { path: '/mine', name: 'mine', component: () => import('./pages/MinePage.vue') },
    { path: '/tasks', name: 'tasks', component: () => import('./pages/TasksPage.vue') },
    { path: '/sheet', name: 'sheet', component: () => import('./pages/SheetPage.vue') },
    { path: '/people', name: 'people', component: () => import('./pages/PeoplePage.vue') },
    { path: '/people/:person(\\d+)', name: 'person', component: () => import('./pages/PersonPage.vue'), props: true },
    { path: '/conflicts', name: 'conflicts', component: () => import('./pages/ConflictsPage.vue') },
    { path: '/import', name: 'import', component: () => import('./pages/ImportPage.vue') },
    { path: '/rules', name: 'rules', component: () => import('./pages/RulesPage.vue') },
    { path: '/rules/edit/:rule?', name: 'rule', component: () => import('./pages/RulePage.vue'), props: true },
    { path: '/workdays/:year(\\d{4})?', name: 'workdays', component: () => import('./pages/WorkdaysPage.vue') },
    { path: '/statistics', name: 'statistics', component: () => import('./pages/StatisticsPage.vue') },
    { path: '/accounts', name: 'accounts', component: () => import('./pages/AccountsPage.vue') },
    { path: '/audit', name: 'audit', component: () => import('./pages/AuditPage.vue') },
    { path: '/none', name: 'none', component: () => import('./pages/NonePage.vue') },
    { path: '/:rest(.*)*', redirect: '/' },
  ],
})

router.beforeEach(async (to) => {
  const known = await loadMe()
  if (to.name === 'login') return known === null ? true : (pathOf(to.query.next) ?? homeOf(known.rights))
  if (known === null) {
    const from = to.redirectedFrom?.path ?? to.path
    return { name: 'login', query: from === '/' || to.name === 'none' ? {} : { next: to.fullPath } }
  }
  // A redirect of before the session was known leads here, too.
  const name = String(to.name)
  return name === 'none' ? (homeOf(known.rights) === '/none' ? true : homeOf(known.rights)) : allowed(name, known.rights) || homeOf(known.rights)
})
