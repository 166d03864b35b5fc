// The duty roster, as xunge-central sends and takes it. Dates and times of day are those of the wall clock.
import { call } from './client'

export interface NewDuty {
  /** User name. */
  user: string
  role: string
  region: string
  /** First and last day on which a shift begins, such as `2026-11-01`. */
  from: string
  until: string
  /** Days on which a shift begins, 1 (Monday) to 7. */
  weekdays: number[]
  /** `20:00`; an end that is not later than the start is of the next morning. */
  start: string
  end: string
  /** Empty: all. */
  behaviors: string[]
  /** 1 is called first, 9 last. */
  place: number
}

export interface Duty extends NewDuty {
  id: string
  full_name: string
}

export interface OnDuty {
  user: string
  full_name: string
  phone: string
  unit: string
  role: string
  region: string
  since_utc: string
  until_utc: string
}

const name = encodeURIComponent
/** `20:00:00` → `20:00`: shifts have no seconds. */
const short = (time: string) => time.slice(0, 5)

export const duties = {
  list: async (region: string): Promise<Duty[]> => {
    const { duties } = await call<{ duties: Duty[] }>('GET', `/org/duties?region=${name(region)}`)
    return duties.map((duty) => ({ ...duty, start: short(duty.start), end: short(duty.end) }))
  },
  add: (duty: NewDuty) => call<{ id: string }>('POST', '/org/duties', duty),
  remove: (id: string) => call<void>('DELETE', `/org/duties/${name(id)}`),
  /** Nearest region first, then by place. */
  onDuty: (region: string, behavior?: string) =>
    call<{ people: OnDuty[] }>('GET', `/org/on-duty?region=${name(region)}${behavior === undefined ? '' : `&behavior=${name(behavior)}`}`),
}
