/**
 * @module screen
 * Lines that are drawn again and again in the same place of a terminal, with plain ANSI sequences; elsewhere one block below the other.
 * Not here: what the lines say.
 */

/** Where a picture is drawn. */
export interface Screen {
  /** Draws the lines where those of the last call were. The first is bold. */
  draw(lines: readonly string[]): void
}

/** What a screen needs of a stream: of a terminal its size, which may change. */
export interface ScreenStream {
  readonly columns: number
  readonly rows: number
  write(text: string): unknown
}

/** A terminal that can move its cursor. The picture is cut to its size, since the cursor does not go up beyond the top. */
export function terminalScreen(stream: ScreenStream): Screen {
  let drawn = 0
  return {
    draw(lines) {
      const fitting = lines.slice(0, Math.max(1, stream.rows - 1)).map((line) => cut(line, stream.columns - 1))
      const text = fitting.map((line, i) => `${i === 0 ? bold(line) : line}\n`).join('')
      // Up to the first line of the last picture, and everything below it away.
      const back = drawn > 0 ? `\u001b[${drawn}A\r\u001b[J` : ''
      stream.write(back + text)
      drawn = fitting.length
    },
  }
}

/** A file, a pipe, or a terminal that can only go on: a blank line between two pictures. */
export function plainScreen(write: (text: string) => void): Screen {
  let first = true
  return {
    draw(lines) {
      write(`${first ? '' : '\n'}${lines.join('\n')}\n`)
      first = false
    },
  }
}

/** A number without its last digit would be another number: what is cut says so. */
function cut(line: string, width: number): string {
  return line.length <= width ? line : `${line.slice(0, width - 1)}…`
}

function bold(text: string): string {
  return `\u001b[1m${text}\u001b[22m`
}
