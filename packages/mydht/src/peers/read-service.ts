/**
 * @module peers/read-service
 * The read service, one per connection: sealed bytes in, messages out. Not here: the socket (its owner pumps the bytes), and what messages mean.
 */
import { noBytes } from '../bytes.ts'
import type { EncodingPart } from '../encodings/encoding.ts'
import type { ErrorCode } from '../errors.ts'
import type { PeerRef } from '../identity/peer-ref.ts'
import { realise } from '../part.ts'
import { define } from '../service/define.ts'
import type { Crossing, Emit, Service, ServiceDefinition, ServiceParts } from '../service/service.ts'
import type { ShadowPart } from '../shadows/shadow.ts'
import type { WireMessage } from '../wire/messages.ts'
import type { ReadFailure } from '../wire/record-reader.ts'
import { createRecordReader } from '../wire/record-reader.ts'
import { readCrossing } from './read-crossing.ts'
import { ciphersOnly } from './record-ciphers.ts'

/** What a read service starts with. Plain data. */
export interface ReadInit {
  /** Whose messages they are. */
  readonly peer: PeerRef
  readonly shadow: ShadowPart
  /** `receive` of the finished handshake. Moved: the service owns it from here on. */
  readonly secret: Uint8Array
  readonly encoding: EncodingPart
  /** The longest message that we take: what our `ready` announces. */
  readonly maxMessageBytes: number
  /** Bytes that came behind the handshake's last message, perhaps none. Handled before everything else. */
  readonly rest: Uint8Array
}

/** `bytes`: the memory becomes the service's. `eof`: nothing follows; `lost`: the stream broke. */
export type ReadCommand =
  | { readonly type: 'bytes'; readonly bytes: Uint8Array }
  | { readonly type: 'eof'; readonly lost: boolean }

/**
 * `messages`: all that one piece of bytes completed, at least one, never an `end`. `ended`: the other side's last word, with its code.
 * `failed`: MYDHT_SHADOW_FAILED, MYDHT_BAD_MESSAGE or MYDHT_TRUNCATED, and a sentence for the log. After `failed` nothing follows;
 * after `ended` at most a `failed`, when there was more.
 */
export type ReadEvent =
  | { readonly type: 'messages'; readonly from: PeerRef; readonly messages: readonly WireMessage[] }
  | { readonly type: 'ended'; readonly code: string }
  | { readonly type: 'failed'; readonly code: ErrorCode; readonly detail: string }

/** Reads one connection's other direction. */
export const read: ServiceDefinition<ReadInit, ReadCommand, ReadEvent> & {
  readonly sync: true
  readonly crossing: Crossing<ReadInit, ReadCommand, ReadEvent>
} = define({
  name: 'read',
  module: import.meta.url,
  sync: true,
  crossing: readCrossing,
  create: createRead,
})

function createRead(init: ReadInit, parts: ServiceParts<ReadCommand>): Service<ReadCommand, ReadEvent> {
  const reader = createRecordReader({
    decoder: realise(init.encoding),
    opener: ciphersOnly(init.shadow).opener(init.secret),
    maxMessageBytes: init.maxMessageBytes,
  })
  let rest = init.rest
  let ended = false
  let failed = false

  const fail = (code: ErrorCode, detail: string, emit: Emit<ReadEvent>): void => {
    failed = true
    emit({ type: 'failed', code, detail })
  }

  const push = (bytes: Uint8Array, emit: Emit<ReadEvent>): void => {
    if (failed || bytes.length === 0) return
    if (ended) return fail('MYDHT_BAD_MESSAGE', `${bytes.length} bytes behind the end message`, emit)
    const { messages, failure } = reader.push(bytes)
    const endAt = messages.findIndex(isEnd)
    const last = endAt < 0 ? undefined : messages[endAt]
    const before = endAt < 0 ? messages : messages.slice(0, endAt)
    if (before.length > 0) emit({ type: 'messages', from: init.peer, messages: before })
    if (last?.type === 'end') {
      ended = true
      emit({ type: 'ended', code: last.code })
      const more = endAt + 1 < messages.length || !reader.complete() || failure !== undefined
      if (more) fail('MYDHT_BAD_MESSAGE', 'there was more behind the end message', emit)
    } else if (failure !== undefined) {
      fail(failure.code === 'shadow-failed' ? 'MYDHT_SHADOW_FAILED' : 'MYDHT_BAD_MESSAGE', sentence(failure), emit)
    }
  }

  // Nothing may ever follow the handshake, so the rest must not wait for a command from outside. If `self` has no room, others will come.
  if (rest.length > 0) parts.clock.soon(() => void parts.self({ type: 'bytes', bytes: noBytes }))

  return {
    handle(command, emit) {
      const first = rest
      rest = noBytes
      push(first, emit)
      if (command.type === 'bytes') return push(command.bytes, emit)
      if (ended || failed) return
      fail('MYDHT_TRUNCATED', `the stream ${command.lost ? 'was lost' : 'ended'} without an end message`, emit)
    },
  }
}

function isEnd(message: WireMessage): boolean {
  return message.type === 'end'
}

function sentence(failure: ReadFailure): string {
  switch (failure.code) {
    case 'shadow-failed':
      return 'a record did not open: it was changed on the way, or the two sides lost step'
    case 'too-long':
      return `a message of ${failure.at} bytes is longer than we said we take`
    case 'bad-message':
      return `a message was refused: ${failure.cause ?? 'unknown'} at byte ${failure.at}`
  }
}
