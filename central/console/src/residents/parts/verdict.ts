// What a rule came to, taken apart so that it can be said in plain words. Pure.

/** Why a rule is not for somebody: `kind` names the sentence, the rest is put into it. */
export type Why =
  | { kind: 'alive' | 'resident' | 'from' | 'until'; day: string; found: string }
  | { kind: 'hukou' | 'residence'; regions: string[]; found: string }
  | { kind: 'noCertificate' | 'revoked'; name: string }
  | { kind: 'compare'; fact: string; compare: string; value: string; found: string }
  | { kind: 'oneOf'; fact: string; values: string[]; found: string }
  | { kind: 'under'; fact: string; region: string; found: string }
  | { kind: 'holds' | 'holdsNot'; fact: string; found: string }
  | { kind: 'other'; wanted: string; found: string }

const COMPARE = /^(\w+)\s*(==|!=|>=|<=|>|<)\s*(.+)$/

/** `wanted` is how the rule has it, `found` what is. */
export function whyOf({ wanted, found }: { wanted: string; found: string }): Why {
  const text = wanted.trim()
  if (text === 'alive' || text === 'resident') return { kind: text, day: found, found }
  const place = /^(hukou|residence): (.+)$/.exec(text)
  if (place) return { kind: place[1] as 'hukou' | 'residence', regions: (place[2] ?? '').split(' '), found }
  const limit = /^(from|until) (\S+)$/.exec(text)
  if (limit) return { kind: limit[1] as 'from' | 'until', day: limit[2] ?? '', found }
  const has = /^has\(\s*'([^']*)'\s*\)$/.exec(text)
  if (has) return { kind: found === 'revoked' ? 'revoked' : 'noCertificate', name: has[1] ?? '' }
  const oneOf = /^in\(\s*(\w+)\s*,\s*\[(.*)\]\s*\)$/.exec(text)
  if (oneOf) return { kind: 'oneOf', fact: oneOf[1] ?? '', values: (oneOf[2] ?? '').split(',').map(bare), found }
  const under = /^under\(\s*(\w+)\s*,\s*(.+)\s*\)$/.exec(text)
  if (under) return { kind: 'under', fact: under[1] ?? '', region: bare(under[2] ?? ''), found }
  const compare = COMPARE.exec(text)
  if (compare && !/&&|\|\|/.test(text)) {
    const [, fact = '', sign = '', value = ''] = compare
    return { kind: 'compare', fact, compare: sign, value: bare(value), found }
  }
  const not = /^!\s*(\w+)$/.exec(text)
  if (not) return { kind: 'holdsNot', fact: not[1] ?? '', found }
  if (/^[a-z_]+$/.test(text)) return { kind: 'holds', fact: text, found }
  // A certificate stands alone where the rule is about the time that it covers.
  if (/^[\p{L}\p{N}]+$/u.test(text) && found === '') return { kind: 'noCertificate', name: text }
  return { kind: 'other', wanted: text, found }
}

function bare(value: string): string {
  return value.trim().replace(/^'(.*)'$/, '$1')
}
