// Keys that are not the page's.

/** Letters are being put together into characters: Enter and Escape are the input method's. Safari says so by 229 only. */
export function composing(event: KeyboardEvent): boolean {
  return event.isComposing || event.keyCode === 229
}
