// The texts of the half that is about cameras and cases. Each file holds groups of its own (a test says so); a new one is
// found by its name.
import { type Messages, addTexts } from './i18n'

addTexts(
  import.meta.glob<Messages>(['./locales/*zh-CN.json', '!./locales/residents*'], { eager: true, import: 'default' }),
  import.meta.glob<Messages>(['./locales/*en.json', '!./locales/residents*'], { import: 'default' }),
)
