/**
 * @module transports/fifo-names
 * Names of the fifo transport: `fifo://name`, and the files in its directory that go with a name. Not here: what is in the files.
 *
 * `name.bell` is the pipe on which its listener hears of links; `name.<id>.data` and `name.<id>.answer` are the two pipes of one link.
 */
import path from 'node:path'
import { MyDhtError } from '../errors.ts'

/** 1 to 64 letters, digits, `-` and `_`, a letter first: safe as a file's name and as a host. */
const namePattern = /^[a-z](?:[a-z0-9_-]{0,62}[a-z0-9])?$/
const idPattern = /^[0-9a-f]{32}$/

/** Whether text can be a name. */
export function isFifoName(text: string): boolean {
  return namePattern.test(text)
}

/** Reads an address and gives its name. Throws MYDHT_BAD_ADDRESS. */
export function parseFifoAddress(address: string): string {
  const name = address.startsWith('fifo://') ? address.slice('fifo://'.length) : ''
  if (isFifoName(name)) return name
  throw new MyDhtError(
    'MYDHT_BAD_ADDRESS',
    `got address '${address.slice(0, 300)}': write fifo://name, a name of 1 to 64 of a-z 0-9 - _ that begins with a letter`
  )
}

/** The pipe on which a name's listener hears of links. */
export function bellPath(directory: string, name: string): string {
  return path.join(directory, `${name}.bell`)
}

/** The two pipes of one link: its bytes, and the listener's answer to whoever opened it. */
export interface LinkPaths {
  readonly data: string
  readonly answer: string
}

/** The pipes of the link `id` (32 hexadecimal digits) to a name. */
export function linkPaths(directory: string, name: string, id: string): LinkPaths {
  const base = path.join(directory, `${name}.${id}`)
  return { data: `${base}.data`, answer: `${base}.answer` }
}

/** Whether a file of the directory is a pipe of some link to `name`. */
export function isLinkFile(file: string, name: string): boolean {
  const [owner, id = '', kind = '', ...more] = file.split('.')
  return owner === name && idPattern.test(id) && (kind === 'data' || kind === 'answer') && more.length === 0
}

/** What rings a bell: who opens which link, in one line. Short enough for one indivisible write (POSIX grants 512 bytes). */
export interface Ring {
  readonly id: string
  readonly from: string
}

/** A ring as it is written. */
export function ringText({ id, from }: Ring): string {
  return `${id} ${from}\n`
}

/** A line of the bell, without its end; undefined: it is nothing of ours. */
export function parseRing(line: string): Ring | undefined {
  const [id = '', from = '', ...more] = line.split(' ')
  return idPattern.test(id) && isFifoName(from) && more.length === 0 ? { id, from } : undefined
}
