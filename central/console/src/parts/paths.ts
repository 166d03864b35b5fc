// Where a login leads to. Pure.

/** Only a path of these pages: a link from outside must not send people elsewhere after the login. */
export function pathOf(next: unknown): string | null {
  return typeof next === 'string' && /^\/(?![/\\])/.test(next) ? next : null
}
