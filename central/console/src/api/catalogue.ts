// The event catalogue: what a case can be filed as.
import { call } from './client'

export interface Category {
  code: string
  /** 大类, 中类, 小类. */
  large: string
  middle: string
  small: string
  /** How it is handled; null leaves that to its urgency. */
  class: string | null
  /** How long handling may take, such as `2h` or `1wd`; null leaves that to its urgency. */
  handle: string | null
  /** Behaviors that it is likely to be. */
  behaviors: string[]
}

export const readCatalogue = () => call<{ categories: Category[] }>('GET', '/catalogue')
