// Tables as files that a spreadsheet reads and never runs. Pure.

export function csv(lines: readonly (readonly string[])[]): string {
  // Without the mark a spreadsheet program in China takes the file for GB18030.
  return `\ufeff${lines.map((cells) => cells.map(quoted).join(',')).join('\r\n')}\r\n`
}

/** What begins like a formula is a text, whatever a spreadsheet thinks of it. */
function quoted(cell: string): string {
  const safe = /^[=+\-@\t]/.test(cell) ? `'${cell}` : cell
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
