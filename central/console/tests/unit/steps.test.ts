import { describe, expect, it } from 'vitest'
import type { CameraWhy, Step } from '@/api/quiet'
import { fullTime } from '@/format'
import { setLang } from '@/i18n'
import { conclusionOf, localInput, stepWords } from '@/parts/why/steps'

const utc = '2026-11-23T06:00:00Z'
const time = fullTime(utc)
const incident = '01a21af3-a69e-705e-b202-a92076b51ec2'
const kase = '01a21af3-a69e-7369-85dd-09a9f5755720'

const STEPS: [Step, string, string][] = [
  [
    { step: 'received', utc, seq: 7, revision: 1, severity: 3, late: false },
    `中心于 ${time} 收到（序号 7，修订 1），规则定为一般`,
    `Reached the centre at ${time} (number 7, revision 1); its rule makes it Medium`,
  ],
  [
    { step: 'raised', from: 3, to: 1, because: [{ reason: 'place', place: 'elderly_care' }] },
    '位于养老场所，由一般升为紧急',
    'Raised from Medium to Critical: a place of the kind “Elderly care”',
  ],
  [
    { step: 'raised', from: 3, to: 2, because: [{ reason: 'hour' }, { reason: 'period', name: '国庆安保' }] },
    '处于重点时段、处于重点时期“国庆安保”，由一般升为重要',
    'Raised from Medium to High: an hour that counts more, the period “国庆安保”',
  ],
  [{ step: 'raised', from: 3, to: 2, because: [] }, '由一般升为重要', 'Raised from Medium to High'],
  [
    { step: 'held', by: 'tampered', incident, since_utc: utc },
    `摄像机被遮挡或看不清（自 ${time}），未响铃`,
    `The camera was covered or could not see well (since ${time}): did not ring`,
  ],
  [
    { step: 'held', by: 'shelved', shelf: incident, until_utc: utc },
    `已搁置（至 ${time}），未响铃`,
    `Shelved (until ${time}): did not ring`,
  ],
  [
    { step: 'rings_anyway', by: 'maintenance', window: incident, until_utc: utc },
    `摄像机维护中（至 ${time}），但属紧急，照常响铃`,
    `Under maintenance (until ${time}), but it is critical and rings all the same`,
  ],
  [
    { step: 'chatters', last_minute: 3, last_ten_minutes: 4, shelf: incident },
    '频繁告警：1 分钟内 3 次，规则自动搁置 30 分钟',
    'Rang too often: 3 times within 1 min; the rule was shelved for 30 minutes',
  ],
  [
    { step: 'chatters', last_minute: 1, last_ten_minutes: 10, shelf: null },
    '频繁告警：10 分钟内 10 次；属紧急，不搁置，照常响铃',
    'Rang too often: 10 times within 10 min; it is critical, so it is not shelved and goes on ringing',
  ],
  [
    { step: 'episode', incident, pause_secs: 12, window_secs: 60 },
    '与同一起告警合并：间隔 12 秒，窗口 60 秒',
    'Joined the same happening: a pause of 12 s, where 60 s are allowed',
  ],
  [
    { step: 'episode', incident, pause_secs: -3.5, window_secs: 60 },
    '与同一起告警合并：那一起仍在持续',
    'Joined the same happening, which was still going on',
  ],
  [
    { step: 'new_episode', incident, because: { why: 'pause', pause_secs: 75.04, window_secs: 60 } },
    '距上一起 75 秒，超过合并窗口 60 秒，作为新的一起',
    '75 s since the last one, where 60 s are allowed: a happening of its own',
  ],
  [
    { step: 'new_episode', incident, because: { why: 'none_open' } },
    '没有可合并的同类告警，作为新的一起',
    'Nothing of its kind was going on: a happening of its own',
  ],
  [
    { step: 'correlated', case: kase, behavior: 'fall', metres: 23.4 },
    '与 23 米外的倒地归入同一案件',
    'In one case with Fall 23 m away',
  ],
  [
    { step: 'correlated', case: kase, behavior: 'fall', metres: null },
    '与同一摄像机的倒地归入同一案件',
    'In one case with Fall at the same camera',
  ],
  [{ step: 'new_case', case: kase }, '登记为新案件', 'Registered as a new case'],
  [
    { step: 'moved', by: 'wang', utc, case: kase },
    `wang 于 ${time} 移入另一案件`,
    `Moved into another case by wang at ${time}`,
  ],
  [
    { step: 'clock_wrong', said_utc: utc },
    `网关时钟不可信（自称 ${time}），按中心时间计`,
    `The box's clock cannot be right (it said ${time}): the centre's time counts`,
  ],
]

describe('the way of an alert', () => {
  it.each(STEPS)('%o', (step, chinese) => {
    expect(stepWords(step).text).toBe(chinese)
  })

  it('is said in English too', async () => {
    // Only a browser has these.
    Object.assign(globalThis, { document: { documentElement: {} }, localStorage: { setItem: () => undefined } })
    await setLang('en')
    for (const [step, , english] of STEPS) expect(stepWords(step).text).toBe(english)
    await setLang('zh-CN')
  })

  it('leads to cases', () => {
    expect(stepWords({ step: 'new_case', case: kase }).caseId).toBe(kase)
    expect(stepWords({ step: 'episode', incident, pause_secs: 1, window_secs: 60 }).caseId).toBeNull()
  })

  it('shows what is silent and what is loud', () => {
    const tone = (index: number) => stepWords((STEPS[index] as (typeof STEPS)[number])[0]).tone
    expect([tone(0), tone(1), tone(4), tone(6), tone(7), tone(8)]).toEqual(['plain', 'loud', 'held', 'loud', 'held', 'loud'])
    const late = stepWords({ step: 'received', utc, seq: 7, revision: 1, severity: 3, late: true })
    expect(late.tone).toBe('held')
    expect(late.text).toContain('不响铃')
  })

  it('of a newer centre is shown as it is named there', () => {
    expect(stepWords({ step: 'something_new' } as unknown as Step).text).toBe('something_new')
    expect(stepWords({ step: 'held', by: 'fog' } as unknown as Step).text).toBe('fog，未响铃')
  })
})

describe('a moment at a camera', () => {
  const nothing: CameraWhy = {
    at_utc: utc,
    box_known_utc: utc,
    blind: [],
    shelves: [],
    maintenance: [],
    missing: 0,
    alerts: [],
  }
  it('says first what explains most', () => {
    expect(conclusionOf(nothing)).toBe('nothing')
    expect(conclusionOf({ ...nothing, missing: 2 })).toBe('missing')
    const blind = [{ began_utc: utc, ended_utc: null, cause: 'unreachable' }]
    expect(conclusionOf({ ...nothing, missing: 2, blind })).toBe('blind')
    expect(conclusionOf({ ...nothing, box_known_utc: null, blind })).toBe('unknownBox')
    const alerts = [{} as CameraWhy['alerts'][number]]
    expect(conclusionOf({ ...nothing, box_known_utc: null, alerts })).toBe('alerts')
  })

  it('is typed in as local time', () => {
    expect(localInput(utc)).toBe(time.replace(' ', 'T'))
    expect(Date.parse(localInput(utc))).toBe(Date.parse(utc))
  })
})
