// Newline-delimited JSON, as it comes in pieces. Pure.

/** Takes pieces of text, gives the values of the lines that are complete; `end` gives what stands behind the last line end. */
export function lineReader() {
  let rest = ''

  function take(piece: string): unknown[] {
    const lines = (rest + piece).split('\n')
    rest = lines.pop() ?? ''
    return lines.filter((line) => line.trim() !== '').map((line) => JSON.parse(line) as unknown)
  }

  function end(): unknown[] {
    const last = rest
    rest = ''
    try {
      return last.trim() === '' ? [] : [JSON.parse(last) as unknown]
    } catch {
      // It was cut off in the middle: it says nothing.
      return []
    }
  }
  return { take, end }
}
