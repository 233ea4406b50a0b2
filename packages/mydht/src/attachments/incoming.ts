/**
 * @module attachments/incoming
 * Attachments that we receive: what is expected from whom, how much credit is out, and where the bytes go. A library without I/O. Not here:
 * asking for them, and whether their bytes are true, which is the sink's business.
 */
import { MyDhtError, type ErrorCode } from '../errors.ts'
import type { PeerId } from '../identity/peer-id.ts'
import type { PeerRef } from '../identity/peer-ref.ts'
import type { ChunkMessage, CreditMessage, StreamEndMessage } from '../wire/messages.ts'
import type { ByteSink } from './body.ts'
import * as defaults from './defaults.ts'
import type { AttachmentsOptions } from './options.ts'

/** Streams that we receive. */
export interface Incoming {
  /** See `Attachments.expect`. */
  expect(from: PeerRef, stream: number, totalBytes: number, sink: ByteSink, windowBytes?: number): boolean
  /** See `Attachments.cancel`. */
  cancel(from: PeerRef, stream: number, code: ErrorCode): void
  chunk(from: PeerRef, message: ChunkMessage): void
  /** The sender ended it. */
  ended(from: PeerRef, message: StreamEndMessage): void
  undelivered(to: PeerRef, message: CreditMessage | StreamEndMessage, reason: 'offline' | 'full' | 'too-long'): void
  writable(peer: PeerRef): void
  offline(peer: PeerRef): void
  expire(nowMs: number): void
  /** Streams that are open. */
  readonly size: number
  readonly receivedBytes: number
  /** Chunks of streams that are over or never were. */
  readonly unknown: number
}

interface Stream {
  readonly id: number
  readonly from: PeerRef
  readonly sink: ByteSink
  readonly totalBytes: number
  readonly windowBytes: number
  /** How far the sender may go, how far it has gone, and how far the sink is done. */
  granted: number
  received: number
  done: number
  writing: number
  /** Why it is over, once it is: the sink hears when its last write is done. */
  over: string | undefined
  /** Whether the sink is to hear of the end: not after our own `cancel`. */
  silent: boolean
  movedMs: number
}

/** Makes the table of what we receive. */
export function createIncoming(options: AttachmentsOptions): Incoming {
  const { app, clock, promises, send } = options
  const maxIncoming = options.maxIncoming ?? defaults.maxIncoming
  const idleMs = options.idleMs ?? defaults.idleMs
  const streams = new Map<PeerId, Map<number, Stream>>()
  /** Ends that found their peer full. */
  const held = new Map<PeerId, StreamEndMessage[]>()
  let size = 0
  let receivedBytes = 0
  let unknown = 0

  const find = (from: PeerRef, id: number): Stream | undefined => streams.get(from.id)?.get(id)

  const grant = (stream: Stream): void => {
    const upTo = Math.min(stream.totalBytes, stream.done + stream.windowBytes)
    const bytes = upTo - stream.granted
    if (bytes < stream.windowBytes / defaults.creditShare && upTo < stream.totalBytes) return
    if (bytes <= 0 || stream.over !== undefined) return
    stream.granted = upTo
    send(stream.from, { type: 'credit', app, stream: stream.id, bytes })
  }

  const forget = (stream: Stream): void => {
    const ofPeer = streams.get(stream.from.id)
    if (ofPeer?.get(stream.id) !== stream) return
    ofPeer.delete(stream.id)
    if (ofPeer.size === 0) streams.delete(stream.from.id)
    size--
  }

  /** Nothing more is taken; the sink hears of it when it is done with what it has. */
  const finish = (stream: Stream, code: string): void => {
    if (stream.over !== undefined) return
    stream.over = code
    forget(stream)
    tellSink(stream)
  }
  const tellSink = (stream: Stream): void => {
    if (stream.over === undefined || stream.writing > 0 || stream.silent) return
    const bytes = stream.received
    stream.sink.end(stream.over === '' ? { ok: true, bytes } : { ok: false, bytes, code: stream.over })
  }
  const refuse = (stream: Stream, code: string): void => {
    if (stream.over !== undefined) return
    send(stream.from, { type: 'stream-end', app, stream: stream.id, fromSender: false, code })
    finish(stream, code)
  }
  const broken = (stream: Stream, error: unknown): void => {
    if (stream.over === undefined) options.log('warn', 'attachment-sink', { stream: stream.id, error: String(error) })
    // A failed write after the last byte came makes the stream fail all the same.
    if (stream.over === '') stream.over = codeOf(error)
    else refuse(stream, codeOf(error))
  }

  const written = (stream: Stream, bytes: number): void => {
    stream.done += bytes
    if (stream.over === undefined) grant(stream)
  }

  return {
    expect(from, id, totalBytes, sink, windowBytes = options.windowBytes ?? defaults.windowBytes) {
      if (id === 0 || !Number.isSafeInteger(totalBytes) || totalBytes < 1) return false
      if (size >= maxIncoming || find(from, id) !== undefined) return false
      const ofPeer = streams.get(from.id) ?? new Map<number, Stream>()
      const stream: Stream = {
        id,
        from,
        sink,
        totalBytes,
        windowBytes,
        granted: 0,
        received: 0,
        done: 0,
        writing: 0,
        over: undefined,
        silent: false,
        movedMs: clock.monotonicMs(),
      }
      ofPeer.set(id, stream)
      streams.set(from.id, ofPeer)
      size++
      options.wake(idleMs)
      grant(stream)
      return true
    },
    cancel(from, id, code) {
      const stream = find(from, id)
      if (stream === undefined) return
      stream.over = code
      stream.silent = true
      forget(stream)
      send(from, { type: 'stream-end', app, stream: id, fromSender: false, code })
    },
    chunk(from, { stream: id, bytes }) {
      const stream = find(from, id)
      if (stream === undefined) {
        unknown++
        return
      }
      const offset = stream.received
      // The credit is never more than the total, so this refuses both.
      if (bytes.length === 0 || offset + bytes.length > stream.granted) {
        options.misbehaved(from, 'MYDHT_LIMIT')
        refuse(stream, 'MYDHT_LIMIT')
        return
      }
      stream.received += bytes.length
      receivedBytes += bytes.length
      stream.movedMs = clock.monotonicMs()
      let writing: void | Promise<void>
      try {
        writing = stream.sink.write(bytes, offset)
      } catch (error) {
        broken(stream, error)
        return
      }
      const { length } = bytes
      if (writing === undefined) written(stream, length)
      else {
        stream.writing++
        promises.watch(writing, (outcome) => {
          stream.writing--
          if (outcome.ok) written(stream, length)
          else broken(stream, outcome.error)
          tellSink(stream)
        })
      }
      if (stream.received === stream.totalBytes) finish(stream, '')
    },
    ended(from, message) {
      const stream = find(from, message.stream)
      // A whole stream is over before its end is said.
      if (stream) finish(stream, message.code === '' ? 'MYDHT_TRUNCATED' : message.code)
    },
    undelivered(to, message, reason) {
      const stream = find(to, message.stream)
      if (reason !== 'full') {
        if (stream && message.type === 'credit')
          finish(stream, reason === 'offline' ? 'MYDHT_NOT_CONNECTED' : 'MYDHT_LIMIT')
        return
      }
      options.wake(defaults.retryMs)
      if (message.type === 'credit') {
        if (stream) stream.granted -= message.bytes
        return
      }
      const words = held.get(to.id) ?? []
      if (words.length < defaults.maxHeldWords) words.push(message)
      held.set(to.id, words)
    },
    writable(peer) {
      const words = held.get(peer.id) ?? []
      held.delete(peer.id)
      for (const word of words) send(peer, word)
      for (const stream of streams.get(peer.id)?.values() ?? []) grant(stream)
    },
    offline(peer) {
      held.delete(peer.id)
      for (const stream of streams.get(peer.id)?.values() ?? []) finish(stream, 'MYDHT_CONNECTION_CLOSED')
    },
    expire(nowMs) {
      for (const ofPeer of streams.values()) {
        for (const stream of ofPeer.values()) {
          // A slow sink is our own affair; only a sender that may go on and does not is late.
          if (stream.received === stream.granted && stream.granted > stream.done) continue
          if (nowMs - stream.movedMs >= idleMs) refuse(stream, 'MYDHT_TIMEOUT')
          else grant(stream)
        }
      }
      if (size > 0) options.wake(idleMs / 4)
    },
    get size() {
      return size
    },
    get receivedBytes() {
      return receivedBytes
    },
    get unknown() {
      return unknown
    },
  }
}

function codeOf(error: unknown): ErrorCode {
  return MyDhtError.is(error) ? error.code : 'MYDHT_REMOTE'
}
