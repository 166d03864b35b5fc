// Dark is for the security room; light is a choice that the browser remembers.
const REMEMBERED = 'xunge.theme'

export function applyTheme(): void {
  document.documentElement.classList.toggle('dark', localStorage.getItem(REMEMBERED) !== 'light')
}

export function switchTheme(): void {
  const light = document.documentElement.classList.contains('dark')
  localStorage.setItem(REMEMBERED, light ? 'light' : 'dark')
  applyTheme()
}
