// A call was refused because nobody is logged in any more: whoever keeps the session hears of it. Of either half.

const listeners: (() => void)[] = []

export function onSignedOut(listener: () => void): void {
  listeners.push(listener)
}

export function signedOut(): void {
  for (const listener of listeners) listener()
}
