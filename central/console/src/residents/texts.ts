// The texts of the residents' half, and those that both halves have.
import { type Messages, addTexts } from '@/i18n'

addTexts(
  import.meta.glob<Messages>(['../locales/common.zh-CN.json', '../locales/residents.zh-CN.json'], { eager: true, import: 'default' }),
  import.meta.glob<Messages>(['../locales/common.en.json', '../locales/residents.en.json'], { import: 'default' }),
)
