/**
 * @module attachments/attachments
 * Large bodies that follow a message as streams of chunks, with credit that starts at zero. What an app's global service needs to send and to
 * receive them. Not here: who asks for what (the app's requests), and what the bytes are.
 */
import type { ErrorCode } from '../errors.ts'
import type { PeerRef } from '../identity/peer-ref.ts'
import type { AppMessage } from '../wire/messages.ts'
import type { ByteSink, ByteSource } from './body.ts'
import { createIncoming } from './incoming.ts'
import { createOutgoing } from './outgoing.ts'
import type { AttachmentsOptions } from './options.ts'

/** Counters since the start; `outgoing` and `incoming`: streams that are open now. */
export interface AttachmentStats {
  readonly outgoing: number
  readonly incoming: number
  readonly sentBytes: number
  readonly receivedBytes: number
  /** Words about streams that are over or never were. After an early end some are to be expected. */
  readonly unknown: number
}

/** The attachments of one app. */
export interface Attachments {
  /**
   * Opens a stream to a peer; give its id as `stream`, and `totalBytes` as `streamBytes`, in the response that announces it. Nothing is read or
   * sent until the receiver gives credit. Undefined: too many are open, answer `busy`. Throws TypeError for no bytes: answer without a stream.
   */
  open(to: PeerRef, source: ByteSource, totalBytes: number): number | undefined
  /** Ends a stream that we send, early. Does nothing when it is over. */
  close(stream: number, code: ErrorCode): void
  /**
   * Expects a stream that a response announced, and gives credit at once. Check `totalBytes` against what you asked for first. False: too many
   * are open, or the announcement cannot be true (stream 0, no bytes, an id that is in use); nothing was sent and the sink is not used.
   */
  expect(from: PeerRef, stream: number, totalBytes: number, sink: ByteSink, windowBytes?: number): boolean
  /** Wants no more of a stream that we receive; its sink hears nothing more. Does nothing when it is over. */
  cancel(from: PeerRef, stream: number, code: ErrorCode): void
  /** A message came. True: it was of an attachment, nothing is left to do. */
  message(from: PeerRef, message: AppMessage): boolean
  /** A message of ours was not sent. True: it was of an attachment. */
  undelivered(to: PeerRef, message: AppMessage, reason: 'offline' | 'full' | 'too-long'): boolean
  /** A peer takes messages again. */
  writable(peer: PeerRef): void
  /** A peer is gone: its streams end, sources are closed, sinks hear MYDHT_CONNECTION_CLOSED. */
  offline(peer: PeerRef): void
  /** Ends what is idle. Early or needless calls do no harm. */
  expire(): void
  stats(): AttachmentStats
}

/**
 * Makes the attachments of one app.
 *
 * @example
 * const promises = createPromises(() => parts.self({ type: 'own', from: undefined, command: 'settled' }))
 * const attachments = createAttachments({
 *   app: init.name, clock: parts.clock, log: parts.log, promises,
 *   send: (to, message) => emit({ type: 'send', to, message }),
 *   wake: (delayMs) => alarm.by(expire, delayMs),
 *   misbehaved: (peer, code) => void emit({ type: 'misbehaved', peer, code }),
 * })
 * // handle(command, emit):
 * promises.run()
 * if (command.type === 'message' && attachments.message(command.from, command.message)) return
 * if (command.type === 'undelivered' && attachments.undelivered(command.to, command.message, command.reason)) return
 * if (command.type === 'writable') attachments.writable(command.peer)
 * if (command.type === 'offline') attachments.offline(command.peer)
 * // the sender, on a request:
 * const stream = attachments.open(from, memorySource(bytes), bytes.length)
 * emit({ type: 'send', to: from, message: { ...respond(request, 'ok', noBytes), stream, streamBytes: bytes.length } })
 * // the receiver, on its response:
 * attachments.expect(from, response.stream, response.streamBytes, memorySink(response.streamBytes, done))
 */
export function createAttachments(options: AttachmentsOptions): Attachments {
  const { chunkBytes, windowBytes } = options
  for (const [name, value] of Object.entries({ chunkBytes, windowBytes })) {
    if (value !== undefined && !(Number.isSafeInteger(value) && value > 0 && value <= 0xffff_ffff)) {
      throw new TypeError(`${name} is ${value}: give a whole number of bytes from 1`)
    }
  }
  const outgoing = createOutgoing(options)
  const incoming = createIncoming(options)
  return {
    open: (to, source, totalBytes) => outgoing.open(to, source, totalBytes),
    close: (stream, code) => outgoing.close(stream, code),
    expect: (from, stream, totalBytes, sink, bytes) => incoming.expect(from, stream, totalBytes, sink, bytes),
    cancel: (from, stream, code) => incoming.cancel(from, stream, code),
    message(from, message) {
      if (message.type === 'chunk') incoming.chunk(from, message)
      else if (message.type === 'credit') outgoing.credit(from, message)
      else if (message.type !== 'stream-end') return false
      else if (message.fromSender) incoming.ended(from, message)
      else outgoing.ended(from, message)
      return true
    },
    undelivered(to, message, reason) {
      if (message.type === 'chunk') outgoing.undelivered(to, message, reason)
      else if (message.type === 'credit') incoming.undelivered(to, message, reason)
      else if (message.type !== 'stream-end') return false
      else if (message.fromSender) outgoing.undelivered(to, message, reason)
      else incoming.undelivered(to, message, reason)
      return true
    },
    writable(peer) {
      outgoing.writable(peer)
      incoming.writable(peer)
    },
    offline(peer) {
      outgoing.offline(peer)
      incoming.offline(peer)
    },
    expire() {
      const nowMs = options.clock.monotonicMs()
      outgoing.expire(nowMs)
      incoming.expire(nowMs)
    },
    stats: () => ({
      outgoing: outgoing.size,
      incoming: incoming.size,
      sentBytes: outgoing.sentBytes,
      receivedBytes: incoming.receivedBytes,
      unknown: outgoing.unknown + incoming.unknown,
    }),
  }
}
