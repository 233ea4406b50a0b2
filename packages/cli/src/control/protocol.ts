/**
 * @module control/protocol
 * What is said over a control socket: one line of JSON asks, one answers, in turn. Both ends are the same version of the same program on one
 * machine, run by one user. Not here: where the socket is (`folder.ts`).
 */
import type { NodeStats } from 'mydht'
import { version } from '../version.ts'

/** The only question. */
export const statsRequest = '{"ask":"stats"}'

/** Characters of a question. There is one, but its name will not stay the longest. */
export const maxRequestChars = 256

/** Characters of an answer: a service takes about 150, so thousands of apps. */
export const maxAnswerChars: number = 1024 * 1024

/** What a node says about itself. */
export interface Report {
  readonly mydht: string
  readonly pid: number
  readonly network: string
  readonly stats: NodeStats
}

/** The answer of a node of this version. */
export function reportOf(network: string, stats: NodeStats): Report {
  return { mydht: version(), pid: process.pid, network, stats }
}

/** Whether a question asks for stats. */
export function asksForStats(line: string): boolean {
  const asked = parse(line)
  return typeof asked === 'object' && asked !== null && 'ask' in asked && asked.ask === 'stats'
}

/** Reads an answer, or the sentence that says why there is none. Another version's answer is not read: its shape may be another. */
export function readAnswer(line: string): Report | string {
  const answer = parse(line)
  if (typeof answer !== 'object' || answer === null) return 'what it said is no answer: is it a socket of mydht?'
  if ('error' in answer) return String(answer.error)
  if (!('mydht' in answer)) return 'what it said is no answer: is it a socket of mydht?'
  if (answer.mydht !== version())
    return `the node runs mydht ${String(answer.mydht)}, this is ${version()}: use the same`
  // The same version wrote it with `reportOf`.
  return answer as Report
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}
