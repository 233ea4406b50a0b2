/**
 * @module test/placement-outcome
 * What the compiler's words about a program with one placement come to. Not here: the programs.
 */
import type { CompileError } from './compile.ts'

/** `legal`, `no such channel`, or why not. Throws for anything else that is wrong with the program: that is whoever's fault who wrote it. */
export function outcomeOf(errors: readonly CompileError[], file: string): string {
  const messages = errors.filter((one) => one.file === file).map(({ message }) => message)
  if (messages.length === 0) return 'legal'
  const noChannel = /Type '"\w+"' is not assignable to type '("none"|"queue"|RemoteChannel)/
  if (messages.some((message) => noChannel.test(message))) return 'no such channel'
  const said = /readonly placementError: "(.*?)"; \}'/.exec(messages.join('\n'))?.[1]
  if (said !== undefined && messages.length === 1) return said
  throw new Error(`${file}: ${messages.join('\n')}`)
}

/** One row of a table in Markdown. */
export function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}
