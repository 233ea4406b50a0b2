/**
 * @module service/remote/papers
 * What is said once in a service's life, as JSON: rare frames need no layout of their own.
 */
import { concat, utf8Bytes, writeU32, readU32 } from '../../bytes.ts'
import type { ErrorCode } from '../../errors.ts'
import type { LogLevel } from '../../log.ts'

/** How to make the service there. */
export interface Birth {
  readonly kind: string
  readonly module: string
  readonly name: string
  readonly queueLimit: number
  readonly outboxLimit: number
  readonly turnCommands: number
  readonly turnMs: number
  readonly closeTimeoutMs: number
  readonly measure: boolean
  /** Where the owner's randomness is not the system's: a seed drawn from it. */
  readonly seed: number | undefined
  /** Saved state comes behind the init. */
  readonly goesOn: boolean
}

/** How a service failed. */
export interface Death {
  readonly code: ErrorCode
  readonly said: string
  readonly stack: string | undefined
  /** The last command that it was handed. */
  readonly delivered: number
  /** Events that found no place in its outbox. */
  readonly dropped: number
}

/** One line of a service's log. */
export interface LogLine {
  readonly level: LogLevel
  readonly event: string
  readonly details: Readonly<Record<string, unknown>>
}

/** What came back from a direct way. The first `maybe` of the commands behind it may have been handled. */
export interface ReturnPaper {
  readonly link: number
  readonly maybe: number
}

/** Any of them. */
type Paper = Birth | Death | LogLine | ReturnPaper

/** Writes a paper, and byte strings behind it. */
export function write(paper: Paper, ...behind: readonly Uint8Array[]): Uint8Array {
  const parts: Uint8Array[] = []
  for (const bytes of [utf8Bytes(json(paper)), ...behind]) {
    const head = new Uint8Array(4)
    writeU32(head, 0, bytes.length)
    parts.push(head, bytes)
  }
  return concat(parts)
}

/** Reads a paper and what is behind it. The other end is the same program, so that it is what `write` was given. */
export function read<T extends Paper>(payload: Uint8Array): { paper: T; behind: Uint8Array[] } {
  const all: Uint8Array[] = []
  for (let at = 0; at < payload.length;) {
    const end = at + 4 + readU32(payload, at)
    all.push(payload.subarray(at + 4, end))
    at = end
  }
  const [first, ...behind] = all
  return { paper: JSON.parse(new TextDecoder().decode(first)) as T, behind }
}

/** Details of a log line may hold what JSON does not know, or themselves. */
function json(paper: Paper): string {
  const plain = (_key: string, value: unknown): unknown => {
    if (typeof value === 'bigint') return String(value)
    return value instanceof Error ? { name: value.name, message: value.message } : value
  }
  try {
    return JSON.stringify(paper, plain)
  } catch (thrown) {
    return JSON.stringify({ ...paper, details: { unreadable: String(thrown) } })
  }
}
