// Emergency plans: what a form begins with, what is missing, how far something is. Pure.
import type { Near, PlanBody, PlanStep, Words } from '@/api/outside'
import type { OpenPlan } from '@/api/work'
import type { Lang } from '@/format'

/** In the order in which the centre shows them. */
export const RESOURCES = [
  'aed',
  'hospital',
  'police',
  'fire_post',
  'extinguisher',
  'property',
  'on_call',
  'shelter',
  'other',
]

/** Required steps that nobody has done, from 0. */
export function missingOf(plan: OpenPlan | undefined): number[] {
  return plan === undefined ? [] : plan.required.filter((step) => !(String(step) in plan.ticks))
}

/** What is not written in English is read in Chinese. */
export function wordsIn({ zh, en }: Words, lang: Lang): string {
  return lang === 'en' && en !== undefined && en !== '' ? en : zh
}

export function blankStep(): PlanStep {
  return { zh: '', required: false }
}

export function blankPlan(region: string | null): PlanBody {
  return { title: { zh: '' }, behaviors: [], places: [], severity: 2, region, enabled: true, steps: [blankStep()] }
}

/** As the centre takes it: what is empty is left out. */
export function tidied(body: PlanBody): PlanBody {
  const words = ({ zh, en }: Words): Words => {
    const english = en?.trim() ?? ''
    return english === '' ? { zh: zh.trim() } : { zh: zh.trim(), en: english }
  }
  const steps = body.steps.map(({ deadline_secs, role, required, ...step }) => ({
    ...words(step),
    required,
    ...(typeof deadline_secs === 'number' && deadline_secs > 0 ? { deadline_secs } : {}),
    ...(role === undefined || role === '' ? {} : { role }),
  }))
  const region = body.region?.trim() ?? ''
  return { ...body, title: words(body.title), region: region === '' ? null : region, steps }
}

/** `{ key: 'metres', n: '120' }`, `{ key: 'km', n: '1.4' }` */
export function distance(metres: number | null): { key: 'metres' | 'km' | 'unknown'; n: string } {
  if (metres === null) return { key: 'unknown', n: '' }
  if (metres < 1_000) return { key: 'metres', n: String(Math.round(metres)) }
  return { key: 'km', n: (metres / 1_000).toFixed(1) }
}

/** Groups of one kind, in the order in which they came. */
export function byKind(resources: Near[]): { kind: string; resources: Near[] }[] {
  const groups: { kind: string; resources: Near[] }[] = []
  for (const resource of resources) {
    const group = groups.find(({ kind }) => kind === resource.kind)
    if (group === undefined) groups.push({ kind: resource.kind, resources: [resource] })
    else group.resources.push(resource)
  }
  return groups
}
