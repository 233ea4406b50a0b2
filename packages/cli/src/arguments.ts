/**
 * @module arguments
 * Readers of arguments: from what a person typed to a value, or one clear sentence. Not here: which command takes which.
 */
import { InvalidArgumentError } from 'commander'
import { parsePeerId } from 'mydht/identity'
import type { PeerId } from 'mydht'
import { parseFileId } from 'mydht/apps/files'
import type { FileId } from 'mydht/apps/files'
import { parseKey } from 'mydht/apps/kv'
import type { Key } from 'mydht/apps/kv'

/** A reader of whole numbers within bounds. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (/^\d+$/.test(text) && value >= min && value <= max) return value
    throw new InvalidArgumentError(`Give a whole number from ${min} to ${max}.`)
  }
}

/** A reader of seconds, as milliseconds: a number above 0. */
export function seconds(max: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (/^\d+(\.\d+)?$/.test(text) && value > 0 && value <= max) return Math.ceil(value * 1000)
    throw new InvalidArgumentError(`Give seconds, above 0 and at most ${max}.`)
  }
}

/** A PeerId. */
export function peerId(text: string): PeerId {
  const id = parsePeerId(text)
  if (id !== undefined) return id
  throw new InvalidArgumentError('A PeerId has 52 letters of a-z and 2-7: see "mydht id".')
}

/** A key of the kv app. */
export function kvKey(text: string): Key {
  const key = parseKey(text)
  if (key !== undefined) return key
  throw new InvalidArgumentError('A key has 52 letters of a-z and 2-7: "mydht put" prints it.')
}

/** The name of a file, or a part of it. */
export function fileName(text: string): string {
  const bytes = Buffer.byteLength(text)
  if (bytes > 0 && bytes <= 255) return text
  throw new InvalidArgumentError('A name, or a part of one, has 1 to 255 bytes.')
}

/** An id of the files app. */
export function fileId(text: string): FileId {
  const id = parseFileId(text)
  if (id !== undefined) return id
  throw new InvalidArgumentError('A file id has 52 letters of a-z and 2-7: "mydht share" and "mydht find" print it.')
}
