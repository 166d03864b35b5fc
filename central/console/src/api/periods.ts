// Key periods: while one lasts, everything in its region counts as one step more urgent.
import { call } from './client'

export interface NewPeriod {
  name: string
  region: string
  from_utc: string
  until_utc: string
}

export interface Period extends NewPeriod {
  id: string
  by: string
}

export const periods = {
  list: () => call<{ periods: Period[] }>('GET', '/org/periods'),
  add: (period: NewPeriod) => call<unknown>('POST', '/org/periods', period),
  remove: (id: string) => call<void>('DELETE', `/org/periods/${encodeURIComponent(id)}`),
}
