/**
 * @module control/lines
 * Bytes cut into lines of a bounded length. Not here: what a line says.
 */
import { StringDecoder } from 'node:string_decoder'

/** A line was longer than its bound. */
export class LineTooLong extends Error {}

/** The lines of a stream, without their ends. What comes behind the last end of a line is none. Throws LineTooLong, and what the stream throws. */
export async function* linesOf(stream: AsyncIterable<Buffer>, maxChars: number): AsyncGenerator<string, void> {
  const decoder = new StringDecoder('utf8')
  let rest = ''
  for await (const chunk of stream) {
    const lines = (rest + decoder.write(chunk)).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) yield bounded(line, maxChars)
    bounded(rest, maxChars)
  }
}

function bounded(line: string, maxChars: number): string {
  if (line.length > maxChars) throw new LineTooLong(`a line is longer than ${maxChars} characters`)
  return line
}
