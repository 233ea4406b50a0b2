/**
 * @module transports/tcp-link
 * One socket of Node as a read and a write stream. Not here: opening and accepting sockets (`tcp.ts`).
 *
 * The socket was made with `allowHalfOpen`, so each direction ends on its own. Bytes are never copied: a write is one `socket.write` of the
 * caller's memory, a chunk is the memory that Node read into. Bytes wait here only in writes whose `onSent` has not been called.
 */
import type { Socket } from 'node:net'
import type { Clock } from '../clock.ts'
import { MyDhtError } from '../errors.ts'
import { endNotice } from './end-notice.ts'
import type { ReadStream, StreamEnd, WriteStream } from './transport.ts'

/** Both directions of a socket, and how its transport drops it. */
export interface TcpLink {
  readonly read: ReadStream
  readonly write: WriteStream
  readonly remoteHost: string
  /** Drops what has not ended; the ends give `error`. */
  drop(error: MyDhtError): void
}

/** Wraps a socket that is open (or was a moment ago). */
export function tcpLink(socket: Socket, remoteHost: string, clock: Clock): TcpLink {
  let cause: MyDhtError | undefined
  let dropped = false
  const readEnd = endNotice(clock)
  const writeEnd = endNotice(clock)

  socket.on('error', (error) => {
    cause ??= lost(remoteHost, error)
  })
  socket.on('end', () => {
    if (!dropped) readEnd.give({ type: 'ended' })
  })
  socket.on('finish', () => {
    if (!dropped) writeEnd.give({ type: 'ended' })
  })
  socket.on('close', () => {
    const end: StreamEnd = { type: 'lost', error: dropped ? cause : (cause ?? lost(remoteHost)) }
    readEnd.give(end)
    writeEnd.give(end)
  })

  const drop = (error?: MyDhtError) => {
    if (dropped || socket.destroyed) return
    dropped = true
    cause = error
    // A reset tells the other side that this is no orderly end. Once all is with the system and our end on its way, a reset would take that
    // back (and Node refuses it while the end is under way); then closing is enough.
    if (socket.writableEnded && socket.writableLength === 0) socket.destroy()
    else socket.resetAndDestroy()
  }

  return {
    read: readStream(socket, readEnd, drop),
    write: writeStream(socket, writeEnd, drop, clock),
    remoteHost,
    drop,
  }
}

type Notice = ReturnType<typeof endNotice>

function readStream(socket: Socket, end: Notice, drop: () => void): ReadStream {
  let started = false
  let paused = false
  let closed = false
  return {
    start: (onBytes, onEnd) => {
      if (started) throw new TypeError('this read stream was started already: start it once')
      started = true
      end.listen(onEnd)
      socket.on('data', (chunk: Uint8Array) => {
        if (!closed && !socket.destroyed) onBytes(chunk)
      })
      if (!paused) socket.resume()
    },
    pause: () => {
      paused = true
      socket.pause()
    },
    resume: () => {
      paused = false
      if (started) socket.resume()
    },
    close: () => {
      if (end.end) return
      closed = true
      drop()
    },
  }
}

function writeStream(socket: Socket, end: Notice, drop: () => void, clock: Clock): WriteStream {
  let pending = 0
  let refused: ((sent: boolean) => void)[] = []

  /** Says false to writes that came too late, after the answers to those before them. */
  const answerRefused = () => {
    if (pending > 0) return
    const answers = refused
    refused = []
    for (const onSent of answers) onSent(false)
  }

  return {
    write: (bytes, onSent) => {
      if (socket.writableEnded || socket.destroyed) {
        refused.push(onSent)
        clock.soon(answerRefused)
        return
      }
      pending += 1
      socket.write(bytes, (error) => {
        pending -= 1
        onSent(!error && !socket.destroyed)
        if (refused.length > 0) answerRefused()
      })
    },
    end: () => {
      socket.end()
    },
    close: () => {
      if (!end.end) drop()
    },
    onClosed: (listener) => end.listen(listener),
  }
}

function lost(host: string, cause?: Error): MyDhtError {
  const why = cause ? `: ${cause.message}` : ''
  return new MyDhtError(
    'MYDHT_CONNECTION_CLOSED',
    `the connection with ${host} was lost${why}; open a new link to go on`,
    {
      cause,
      details: { host },
    }
  )
}
