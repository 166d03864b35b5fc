// Why an alert was false: the centre's codes in the order they are offered, each with its key.
export const REASONS: { code: string; key: string }[] = [
  { code: 'animal', key: '1' },
  { code: 'light', key: '2' },
  { code: 'rain_snow', key: '3' },
  { code: 'foliage', key: '4' },
  { code: 'headlights', key: '5' },
  { code: 'staff', key: '6' },
  { code: 'zone', key: '7' },
  { code: 'schedule', key: '8' },
  { code: 'duplicate', key: '9' },
  { code: 'test', key: '0' },
  { code: 'unclear', key: '-' },
  { code: 'foreign', key: '=' },
]

export function reasonOfKey(key: string): string | null {
  return REASONS.find((reason) => reason.key === key)?.code ?? null
}
