// Titles of rules by their names, for choices of those who may see rules; what stands in a list comes with its title.
import { reactive, ref } from 'vue'
import { ApiError } from '@/api/http'
import { signedOut } from '@/stores/signedout'
import { rules } from './api/rules'
import { may } from './session'

const titles = reactive(new Map<string, string>())
/** Names of all rules, for choices. */
export const ruleNames = ref<string[]>([])
let asked = false

export async function wantTitles(): Promise<void> {
  if (asked || !(may('try_rules') || may('use_rules'))) return
  asked = true
  try {
    const { rules: all } = await rules.list()
    for (const { rule, live, versions } of all) {
      const best = versions.find(({ version }) => version === live) ?? versions.at(-1)
      if (best !== undefined) titles.set(rule, best.title)
    }
    ruleNames.value = all.map(({ rule }) => rule)
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    asked = false
    if (error.status === 401) signedOut()
  }
}

/** Rules were added. */
export function forgetTitles(): void {
  asked = false
}

export function ruleTitle(rule: string): string {
  return titles.get(rule) ?? rule
}
