// The event catalogue as a tree to choose from, and what a behavior most likely is in it. Pure.
import type { Category } from '@/api/catalogue'

export type Node = {
  value: string
  label: string
  children?: Node[]
}

/** 大类 → 中类 → 小类, each in the order of the catalogue; what is chosen is the code of a 小类. */
export function treeOf(categories: Category[]): Node[] {
  const tree: Node[] = []
  const below = (nodes: Node[], value: string, label: string): Node[] => {
    let node = nodes.find((one) => one.value === value)
    if (node === undefined) nodes.push((node = { value, label, children: [] }))
    return node.children ?? []
  }
  for (const { code, large, middle, small } of categories) {
    // Steps have no codes of their own; a slash keeps those of different branches apart, and apart from codes.
    const middles = below(tree, `/${large}`, large)
    below(middles, `/${large}/${middle}`, middle).push({ value: code, label: small })
  }
  return tree
}

/** The category that names this behavior; of several the one that names the fewest others, then the first. */
export function presetOf(categories: Category[], behavior: string): Category | null {
  const fitting = categories.filter((one) => one.behaviors.includes(behavior))
  return fitting.reduce<Category | null>(
    (best, one) => (best === null || one.behaviors.length < best.behaviors.length ? one : best),
    null,
  )
}

const LIMIT = /^(\d+(?:\.\d+)?)(s|min|h|d|wh|wd)$/

/** `2h` → 2 and `h`; null where it is none of these. */
export function limitOf(handle: string): { n: string; unit: string } | null {
  const [, n, unit] = LIMIT.exec(handle) ?? []
  return n === undefined || unit === undefined ? null : { n, unit }
}
