/**
 * @module attachments/outgoing
 * Attachments that we send: open streams, each with its source and the credit that its receiver has given. A library without I/O. Not here:
 * who may have what, which the app decides before it opens a stream.
 *
 * Streams to one peer take turns, a chunk each. Order within a stream is the receiver's only clue, so when a chunk comes back (`full`) all that
 * was said after it must come back too; a stream where that fails (an app on another thread than the main loop) is ended with MYDHT_FULL.
 */
import { MyDhtError, type ErrorCode } from '../errors.ts'
import type { PeerId } from '../identity/peer-id.ts'
import type { PeerRef } from '../identity/peer-ref.ts'
import type { ChunkMessage, CreditMessage, StreamEndMessage } from '../wire/messages.ts'
import type { ByteSource } from './body.ts'
import * as defaults from './defaults.ts'
import type { AttachmentsOptions } from './options.ts'
import { createWordOrder, type Word } from './word-order.ts'

/** Streams that we send. */
export interface Outgoing {
  /** See `Attachments.open`. */
  open(to: PeerRef, source: ByteSource, totalBytes: number): number | undefined
  /** Ends a stream of ours early. */
  close(stream: number, code: ErrorCode): void
  credit(from: PeerRef, message: CreditMessage): void
  /** The receiver ended it. */
  ended(from: PeerRef, message: StreamEndMessage): void
  undelivered(to: PeerRef, message: ChunkMessage | StreamEndMessage, reason: 'offline' | 'full' | 'too-long'): void
  writable(peer: PeerRef): void
  offline(peer: PeerRef): void
  expire(nowMs: number): void
  /** Streams that are open. */
  readonly size: number
  readonly sentBytes: number
  /** Words about streams that are over or never were, and from peers that are not their receivers. */
  readonly unknown: number
}

interface Slot {
  bytes: Uint8Array | undefined
}

interface Stream {
  readonly id: number
  readonly peer: Peer
  readonly source: ByteSource
  readonly totalBytes: number
  /** How far the receiver allows us to go. */
  allowed: number
  readAt: number
  sentAt: number
  /** Reads under way or done, in order. */
  readonly slots: Slot[]
  movedMs: number
  over: boolean
}

interface Peer {
  readonly ref: PeerRef
  /** In the order of their turns. */
  readonly streams: Stream[]
  /** It took no more; what came back waits in `returned`, in order. */
  blockedMs: number | undefined
  returned: Word[]
}

/** Makes the table of what we send. */
export function createOutgoing(options: AttachmentsOptions): Outgoing {
  const { app, clock, promises, send } = options
  const chunkBytes = options.chunkBytes ?? defaults.chunkBytes
  const maxReads = options.maxReads ?? defaults.maxReads
  const maxOutgoing = options.maxOutgoing ?? defaults.maxOutgoing
  const maxPerPeer = options.maxOutgoingPerPeer ?? defaults.maxOutgoingPerPeer
  const maxCreditBytes = options.maxCreditBytes ?? defaults.maxCreditBytes
  const idleMs = options.idleMs ?? defaults.idleMs
  const streams = new Map<number, Stream>()
  const peers = new Map<PeerId, Peer>()
  const order = createWordOrder<Stream>()
  let lastId = 0
  let sentBytes = 0
  let unknown = 0

  const say = (stream: Stream, word: Word): boolean => {
    order.say(stream, word)
    return send(stream.peer.ref, word)
  }

  const remove = (stream: Stream): void => {
    if (stream.over) return
    stream.over = true
    streams.delete(stream.id)
    const { peer } = stream
    const at = peer.streams.indexOf(stream)
    if (at >= 0) peer.streams.splice(at, 1)
    stream.source.close?.()
  }

  const abandon = (stream: Stream, code: string): void => {
    if (stream.over) return
    stream.peer.returned = stream.peer.returned.filter((word) => word.stream !== stream.id)
    remove(stream)
    say(stream, { type: 'stream-end', app, stream: stream.id, fromSender: true, code })
  }

  /** Sends the next piece. False: enough for now. */
  const sendPiece = (stream: Stream, bytes: Uint8Array): boolean => {
    stream.sentAt += bytes.length
    sentBytes += bytes.length
    stream.movedMs = clock.monotonicMs()
    const more = say(stream, { type: 'chunk', app, stream: stream.id, bytes })
    if (stream.sentAt < stream.totalBytes) return more
    remove(stream)
    return say(stream, { type: 'stream-end', app, stream: stream.id, fromSender: true, code: '' }) && more
  }

  const wrongLength = (stream: Stream, length: number, got: number): void => {
    options.log('warn', 'attachment-source', { stream: stream.id, wanted: length, got })
    abandon(stream, 'MYDHT_REMOTE')
  }
  const broken = (stream: Stream, error: unknown): void => {
    if (stream.over) return
    options.log('warn', 'attachment-source', { stream: stream.id, error: String(error) })
    abandon(stream, MyDhtError.is(error) ? error.code : 'MYDHT_REMOTE')
  }

  /** Reads the next piece, and sends it where it is there at once and its turn. False: enough for now. */
  const readPiece = (stream: Stream): boolean => {
    const offset = stream.readAt
    const length = Math.min(chunkBytes, stream.allowed - offset, stream.totalBytes - offset)
    let got: Uint8Array | Promise<Uint8Array>
    try {
      got = stream.source.read(offset, length)
    } catch (error) {
      broken(stream, error)
      return true
    }
    stream.readAt += length
    if (got instanceof Uint8Array) {
      if (got.length !== length) wrongLength(stream, length, got.length)
      else if (stream.slots.length === 0) return sendPiece(stream, got)
      else stream.slots.push({ bytes: got })
      return true
    }
    const slot: Slot = { bytes: undefined }
    stream.slots.push(slot)
    promises.watch(got, (outcome) => {
      if (stream.over) return
      if (!outcome.ok) return broken(stream, outcome.error)
      if (outcome.value.length !== length) return wrongLength(stream, length, outcome.value.length)
      slot.bytes = outcome.value
      if (stream.slots[0] === slot) pump(stream.peer)
    })
    return true
  }

  const canRead = (stream: Stream): boolean =>
    stream.readAt < stream.totalBytes && stream.readAt < stream.allowed && stream.slots.length < maxReads
  const canGo = (stream: Stream): boolean => stream.slots[0]?.bytes !== undefined || canRead(stream)

  const step = (stream: Stream): boolean => {
    const bytes = stream.slots[0]?.bytes
    if (bytes === undefined) return readPiece(stream)
    stream.slots.shift()
    return sendPiece(stream, bytes)
  }

  /** Lets the streams of a peer take turns until none can go on. */
  const pump = (peer: Peer): void => {
    while (peer.blockedMs === undefined) {
      const at = peer.streams.findIndex(canGo)
      const stream = peer.streams[at]
      if (stream === undefined) return
      // Its next turn is behind the others'.
      peer.streams.splice(at, 1)
      peer.streams.push(stream)
      if (!step(stream)) {
        promises.later(() => pump(peer))
        return
      }
    }
  }

  /** What came back goes again, unless something of its stream went on without it. */
  const unblock = (peer: Peer): void => {
    const again = peer.returned
    peer.returned = []
    peer.blockedMs = undefined
    const torn = order.takeBack(again)
    for (const stream of torn) {
      remove(stream)
      say(stream, { type: 'stream-end', app, stream: stream.id, fromSender: true, code: 'MYDHT_FULL' })
    }
    for (const word of again) {
      const stream = order.streamOf(word)
      if (stream && !torn.has(stream)) say(stream, word)
    }
    pump(peer)
  }

  const drop = (peer: Peer): void => {
    peer.returned = []
    peer.blockedMs = undefined
    // A copy: removing takes it out of the list.
    for (const stream of peer.streams.slice()) remove(stream)
    peers.delete(peer.ref.id)
  }

  return {
    open(to, source, totalBytes) {
      if (!Number.isSafeInteger(totalBytes) || totalBytes < 1) {
        throw new TypeError(
          `an attachment has at least one byte, got ${totalBytes}: answer without a stream where there is nothing to send`
        )
      }
      const peer = peers.get(to.id) ?? { ref: to, streams: [], blockedMs: undefined, returned: [] }
      if (streams.size >= maxOutgoing || peer.streams.length >= maxPerPeer) return undefined
      do lastId = lastId === 0xffff_ffff ? 1 : lastId + 1
      while (streams.has(lastId))
      const stream: Stream = {
        id: lastId,
        peer,
        source,
        totalBytes,
        allowed: 0,
        readAt: 0,
        sentAt: 0,
        slots: [],
        movedMs: clock.monotonicMs(),
        over: false,
      }
      streams.set(stream.id, stream)
      peer.streams.push(stream)
      peers.set(to.id, peer)
      options.wake(idleMs)
      return stream.id
    },
    close(id, code) {
      const stream = streams.get(id)
      if (stream) abandon(stream, code)
    },
    credit(from, message) {
      const stream = streams.get(message.stream)
      if (stream === undefined || stream.peer.ref.id !== from.id) {
        unknown++
        return
      }
      stream.allowed += message.bytes
      if (message.bytes > 0) stream.movedMs = clock.monotonicMs()
      if (stream.allowed - stream.sentAt > maxCreditBytes) abandon(stream, 'MYDHT_LIMIT')
      else pump(stream.peer)
    },
    ended(from, message) {
      const stream = streams.get(message.stream)
      if (stream === undefined || stream.peer.ref.id !== from.id) {
        unknown++
        return
      }
      stream.peer.returned = stream.peer.returned.filter((word) => word.stream !== stream.id)
      remove(stream)
    },
    undelivered(to, message, reason) {
      const said = order.streamOf(message)
      const stream = said ?? streams.get(message.stream)
      if (stream === undefined || stream.peer.ref.id !== to.id) return
      const { peer } = stream
      if (reason === 'offline') {
        abandon(stream, 'MYDHT_CONNECTION_CLOSED')
        if (peer.streams.length === 0) peers.delete(to.id)
        return
      }
      if (reason === 'too-long') return abandon(stream, 'MYDHT_LIMIT')
      // A copy (from another thread) has lost its place, so nobody can tell what was said behind it.
      if (said === undefined) return abandon(stream, 'MYDHT_FULL')
      // Of a connection before this one.
      if (peers.get(to.id) !== peer) return
      peer.blockedMs ??= clock.monotonicMs()
      peer.returned.push(message)
      options.wake(defaults.retryMs)
    },
    writable(ref) {
      const peer = peers.get(ref.id)
      if (peer?.blockedMs !== undefined) unblock(peer)
    },
    offline(ref) {
      const peer = peers.get(ref.id)
      if (peer) drop(peer)
    },
    expire(nowMs) {
      for (const peer of peers.values()) {
        if (peer.blockedMs !== undefined && nowMs - peer.blockedMs >= defaults.retryMs) unblock(peer)
      }
      for (const stream of streams.values()) if (nowMs - stream.movedMs >= idleMs) abandon(stream, 'MYDHT_TIMEOUT')
      if (streams.size > 0) options.wake(idleMs / 4)
      for (const peer of peers.values()) if (peer.blockedMs !== undefined) options.wake(defaults.retryMs)
    },
    get size() {
      return streams.size
    },
    get sentBytes() {
      return sentBytes
    },
    get unknown() {
      return unknown
    },
  }
}
