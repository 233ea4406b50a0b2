/**
 * @module control/server
 * The end of a control socket in a node: answers questions, one at a time, to few. Not here: where the socket is (`folder.ts`).
 */
import { once } from 'node:events'
import { lstat } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { Server, Socket } from 'node:net'
import { MyDhtError } from 'mydht'
import { checkSocketPath, listening, remove } from './folder.ts'
import { LineTooLong, linesOf } from './lines.ts'
import { asksForStats, maxRequestChars } from './protocol.ts'
import type { Report } from './protocol.ts'

/** Who may ask at a time: several people watch, nobody builds on it. */
const maxConnections = 8

/** Milliseconds after which somebody who neither asks nor reads is sent away: twice the longest interval of `mydht top`. */
const idleMs = 120_000

/** An open control socket. */
export interface Control {
  readonly path: string
  /** Ends it; its file is gone. Idempotent. */
  close(): Promise<void>
}

/** Opens the socket, for this user only. A socket that nobody listens to is replaced. Rejects with MYDHT_BAD_CONFIG, or as the system does. */
export async function openControl(path: string, report: () => Promise<Report>): Promise<Control> {
  checkSocketPath(path)
  await makeWay(path)
  const sockets = new Set<Socket>()
  // An answer must still leave when the asker has said all.
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    socket.setTimeout(idleMs, () => socket.destroy())
    // Who hangs up ends its own connection and nothing else.
    serve(socket, report).catch(() => socket.destroy())
  })
  server.maxConnections = maxConnections
  await listen(server, path)
  let closed: Promise<unknown> | undefined
  return {
    path,
    async close() {
      for (const socket of sockets) socket.destroy()
      closed ??= once(server, 'close')
      // Takes the file away too.
      server.close()
      await closed
    },
  }
}

/** The mode of the file is set as it is made, so that nobody can come before. */
async function listen(server: Server, path: string): Promise<void> {
  const before = process.umask(0o177)
  try {
    server.listen(path)
  } finally {
    process.umask(before)
  }
  await once(server, 'listening')
}

async function makeWay(path: string): Promise<void> {
  const there = await lstat(path).catch(() => undefined)
  if (there === undefined) return
  if (!there.isSocket())
    throw new MyDhtError('MYDHT_BAD_CONFIG', `${path} is there and no socket: give another --socket`)
  if ((await listening(path)) !== 'nobody')
    throw new MyDhtError('MYDHT_BAD_CONFIG', `another node answers at ${path}: give another --socket`)
  await remove(path)
}

async function serve(socket: Socket, report: () => Promise<Report>): Promise<void> {
  try {
    for await (const line of linesOf(socket.iterator({ destroyOnReturn: false }), maxRequestChars)) {
      // The next question waits in the socket until this answer has left.
      await write(socket, asksForStats(line) ? await report() : { error: 'ask for {"ask":"stats"}' })
    }
  } catch (thrown) {
    if (!(thrown instanceof LineTooLong)) throw thrown
    await write(socket, { error: thrown.message })
  }
  socket.destroy()
}

function write(socket: Socket, answer: object): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.write(`${JSON.stringify(answer)}\n`, (error) => (error ? reject(error) : resolve()))
  })
}
