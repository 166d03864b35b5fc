// The event catalogue, fetched once: cases name only a code.
import { shallowRef, watch } from 'vue'
import { ApiError } from '@/api/client'
import { type Category, readCatalogue } from '@/api/catalogue'
import { i18n } from '@/i18n'
import { session } from './session'

/** Empty while it is not known, and where there is none. */
export const catalogue = shallowRef<Category[]>([])
let asked: Promise<void> | null = null

/** Without it a case is worked on all the same, so that failing is no error; it is asked again next time. */
export function wantCatalogue(): Promise<void> {
  asked ??= readCatalogue().then(
    ({ categories }) => {
      catalogue.value = categories
    },
    (error: unknown) => {
      asked = null
      if (!(error instanceof ApiError)) throw error
    },
  )
  return asked
}

/** An import has changed it. */
export function forgetCatalogue(): void {
  asked = null
}

/** What a code means, in three steps; a code that is not known stays itself. */
export function categoryText(code: string): string {
  const found = catalogue.value.find((one) => one.code === code)
  if (found === undefined) return code
  const { large, middle, small } = found
  return i18n.global.t('catalogue.path', { large, middle, small })
}

watch(session, (now) => {
  if (now !== null) return
  catalogue.value = []
  asked = null
})
