/**
 * @module control/folder
 * Where the control sockets of running nodes are: a folder beside the key that only its user may enter. Not here: what is said over them.
 */
import { lstat, mkdir, readdir, unlink } from 'node:fs/promises'
import { connect } from 'node:net'
import path from 'node:path'
import { MyDhtError } from 'mydht'
import type { PeerId } from 'mydht'

/** Bytes of a socket's path that every system takes: macOS has 104 with a zero at the end, Linux 108. */
const maxPathBytes = 103

/** The folder that belongs to a key file. */
export function controlFolder(keyFile: string): string {
  return path.join(path.dirname(path.resolve(keyFile)), 'run')
}

/** The socket of this process's node: no two that run have the same. */
export function socketIn(folder: string, id: PeerId): string {
  return path.join(folder, `${id.slice(0, 8)}-${process.pid}.sock`)
}

/** Makes the folder, for this user only, and takes sockets away that nobody listens to. Throws MYDHT_BAD_CONFIG when others may enter it. */
export async function readyFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const { mode, uid } = await lstat(folder)
  const mine = process.getuid === undefined || uid === process.getuid()
  if (!mine || (mode & 0o077) !== 0)
    throw new MyDhtError('MYDHT_BAD_CONFIG', `${folder} must be yours alone: chmod 700 it, or give another --socket`)
  for (const socket of await socketsIn(folder)) if ((await listening(socket)) === 'nobody') await remove(socket)
}

/** Throws MYDHT_BAD_CONFIG when no system would take the path. */
export function checkSocketPath(socket: string): void {
  const bytes = Buffer.byteLength(socket)
  if (bytes <= maxPathBytes) return
  const said = `the path ${socket} has ${bytes} bytes, and a socket's at most ${maxPathBytes}: give a shorter --socket`
  throw new MyDhtError('MYDHT_BAD_CONFIG', said)
}

/** The sockets in the folder that somebody listens to. */
export async function liveSockets(folder: string): Promise<readonly string[]> {
  const all = await Promise.all(
    (await socketsIn(folder)).map(async (socket) => ((await listening(socket)) === 'somebody' ? [socket] : []))
  )
  return all.flat()
}

/** Whether anybody listens there. `unknown`: it cannot be told, for want of permission, say. */
export function listening(socket: string): Promise<'somebody' | 'nobody' | 'unknown'> {
  return new Promise((resolve) => {
    const probe = connect(socket)
    probe.once('connect', () => {
      probe.destroy()
      resolve('somebody')
    })
    probe.once('error', (error: NodeJS.ErrnoException) => {
      resolve(error.code === 'ECONNREFUSED' || error.code === 'ENOENT' ? 'nobody' : 'unknown')
    })
  })
}

/** Takes a file away, if it is still there. */
export async function remove(file: string): Promise<void> {
  await unlink(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
  })
}

async function socketsIn(folder: string): Promise<readonly string[]> {
  try {
    const names = await readdir(folder)
    return names.filter((name) => name.endsWith('.sock')).map((name) => path.join(folder, name))
  } catch {
    return []
  }
}
