/**
 * @module value
 * A value that was found, for people and for programs.
 */
import { isUtf8 } from 'node:buffer'
import type { JsonObject, Output } from './output.ts'
import { harmless } from './text.ts'

/** Prints the bytes as they are; on a terminal as text that cannot steer it, since a stranger wrote them. */
export function printValue(output: Output, value: Uint8Array): void {
  if (output.stdoutIsTerminal) output.text(harmless(Buffer.from(value).toString('utf8'), true))
  else output.bytes(value)
}

/** `text` where it is UTF-8, else `base64`, and the number of `bytes`. */
export function describeValue(value: Uint8Array): JsonObject {
  const buffer = Buffer.from(value)
  return isUtf8(value)
    ? { text: buffer.toString('utf8'), bytes: value.length }
    : { base64: buffer.toString('base64'), bytes: value.length }
}
