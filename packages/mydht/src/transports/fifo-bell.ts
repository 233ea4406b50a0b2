/**
 * @module transports/fifo-bell
 * A name's place in the directory: its bell, taken so that two never have it, and what a listener that died left there. Not here: who rings (`fifo-listener.ts`).
 */
import { execFile } from 'node:child_process'
import { chmodSync, closeSync, linkSync, lstatSync, mkdirSync, readdirSync, renameSync, rmdirSync } from 'node:fs'
import path from 'node:path'
import { getuid } from 'node:process'
import { promisify } from 'node:util'
import { MyDhtError, toMyDhtError } from '../errors.ts'
import type { Random } from '../random.ts'
import { missing } from './fifo-dial.ts'
import { bellPath, isLinkFile } from './fifo-names.ts'
import { codeOf, isHeard, openBoth, openToRead, removeFile } from './fifo-pipe.ts'

/** A bell that is ours. */
export interface Bell {
  readonly path: string
  /** Its end that is read, by blocking calls. */
  readonly fd: number
  /** Both ends, which never block: as long as this is open, somebody listens, and reading meets no end. */
  readonly both: number
}

/**
 * The sticky bit of a directory: a transport made it, and whoever leaves it last removes it. In a directory of one user it means nothing else. Not who
 * made it removes it: that one may leave before the others.
 */
const madeHere = 0o1000

/** Makes the directory, for us alone, or throws MYDHT_CONNECT_FAILED where it is none, belongs to others or is open to them. */
export function prepareDirectory(directory: string): void {
  try {
    if (mkdirSync(directory, { recursive: true, mode: 0o700 }) !== undefined) chmodSync(directory, 0o700 | madeHere)
    if (!lstatSync(directory).isDirectory()) throw new TypeError('it is no directory itself')
  } catch (thrown) {
    throw toMyDhtError(thrown, 'MYDHT_CONNECT_FAILED', `fifo() cannot use ${directory}, give it another directory`)
  }
  const { mode, uid } = lstatSync(directory)
  if (uid === getuid?.() && (mode & 0o077) === 0) return
  throw new MyDhtError(
    'MYDHT_CONNECT_FAILED',
    `${directory} is open to other users (mode ${(mode & 0o777).toString(8)}, owner ${uid}): give fifo() a directory of your own, chmod 700`
  )
}

/** Removes the directory where a transport made it and nothing is left in it. */
export function leaveDirectory(directory: string): void {
  try {
    if ((lstatSync(directory).mode & madeHere) !== 0) rmdirSync(directory)
  } catch {
    // Others use it, or have left something there; or it is gone.
  }
}

/** Takes a name. Throws MYDHT_CONNECT_FAILED where somebody listens under it, or the system makes no pipes. */
export async function takeBell(directory: string, name: string, mkfifo: string, random: Random): Promise<Bell> {
  const place = bellPath(directory, name)
  const fresh = path.join(directory, `${name}.${Buffer.from(random.bytes(8)).toString('hex')}.new`)
  await makePipe(mkfifo, fresh)
  let both: number | undefined
  let fd: number | undefined
  try {
    // Heard before it has its name: a bell that nobody hears is always one that was left behind.
    both = openBoth(fresh)
    fd = openToRead(fresh)
    while (!claim(fresh, place)) clearPlace(directory, name, place, `${fresh}.old`)
    return { path: place, fd, both }
  } catch (thrown) {
    if (both !== undefined) closeSync(both)
    if (fd !== undefined) closeSync(fd)
    throw toMyDhtError(thrown, 'MYDHT_CONNECT_FAILED', `cannot take the name fifo://${name}`)
  } finally {
    removeFile(fresh)
  }
}

/** False: the name is taken. */
function claim(fresh: string, place: string): boolean {
  try {
    linkSync(fresh, place)
    return true
  } catch (thrown) {
    if (codeOf(thrown) === 'EEXIST') return false
    throw thrown
  }
}

/** Removes the bell of a listener that died, with the pipes of its links. Throws MYDHT_CONNECT_FAILED where it lives. */
function clearPlace(directory: string, name: string, place: string, aside: string): void {
  if (isHeard(place)) throw inUse(name)
  try {
    renameSync(place, aside)
  } catch (thrown) {
    if (codeOf(thrown) === 'ENOENT') return
    throw thrown
  }
  if (isHeard(aside)) {
    // Somebody took the name between the two steps before: it is theirs.
    claim(aside, place)
    removeFile(aside)
    throw inUse(name)
  }
  removeFile(aside)
  for (const file of readdirSync(directory)) if (isLinkFile(file, name)) removeFile(path.join(directory, file))
}

async function makePipe(mkfifo: string, at: string): Promise<void> {
  try {
    await promisify(execFile)(mkfifo, ['-m', '600', at])
  } catch (thrown) {
    const said = thrown instanceof Error ? thrown.message : String(thrown)
    const reason = codeOf(thrown) === 'ENOENT' ? missing(mkfifo) : said
    throw new MyDhtError('MYDHT_CONNECT_FAILED', `cannot make a pipe: ${reason}`, { cause: thrown })
  }
}

function inUse(name: string): MyDhtError {
  return new MyDhtError('MYDHT_CONNECT_FAILED', `fifo://${name} is in use: choose another name, or none`)
}
