/**
 * @module peers/write-service
 * The write service, one per connection: messages in, sealed slabs out. It decides when to flush. Not here: the socket, and how many slabs may
 * wait for it (its owner refuses `bytes` events at four).
 */
import type { EncodingPart } from '../encodings/encoding.ts'
import { realise } from '../part.ts'
import { define } from '../service/define.ts'
import type { Crossing, Emit, Service, ServiceDefinition, ServiceParts } from '../service/service.ts'
import type { ShadowPart } from '../shadows/shadow.ts'
import { defaultFlushBytes, defaultMaxWaitingMessages } from '../wire/defaults.ts'
import type { WireMessage } from '../wire/messages.ts'
import { createRecordWriter } from '../wire/record-writer.ts'
import type { SlabPool } from '../wire/slab.ts'
import { slabs } from '../wire/slab.ts'
import { ciphersOnly } from './record-ciphers.ts'
import { writeCrossing } from './write-crossing.ts'

/** What a write service starts with. Plain data. */
export interface WriteInit {
  readonly shadow: ShadowPart
  /** `send` of the finished handshake. Moved: the service owns it from here on. */
  readonly secret: Uint8Array
  readonly encoding: EncodingPart
  /** Bytes that leave before the end of a turn. @default 13_000 */
  readonly flushBytes?: number | undefined
  /** Messages that wait inside while the outbox is at its mark; past it they come back as `undelivered`. @default 1024 */
  readonly maxWaitingMessages?: number | undefined
}

/**
 * `limit`: the other side's `ready` said how long messages may be (4096 bytes before). `end`: write the last message, flush, emit `ended`.
 * `turn` is the service's own.
 */
export type WriteCommand =
  | { readonly type: 'message'; readonly message: WireMessage }
  | { readonly type: 'messages'; readonly messages: readonly WireMessage[] }
  | { readonly type: 'limit'; readonly maxMessageBytes: number }
  | { readonly type: 'end'; readonly code: string }
  | { readonly type: 'turn' }

/**
 * `bytes`: to be written once, as they are; `slab` goes back to the pool when they are sent (undefined: they came from another thread and own
 * their memory). `undelivered`: was not written: longer than the
 * other side takes, too many wait, or the direction has ended. `ended`: all that was taken is in the `bytes` events before this.
 */
export type WriteEvent =
  | { readonly type: 'bytes'; readonly bytes: Uint8Array; readonly slab: Uint8Array | undefined }
  | { readonly type: 'undelivered'; readonly message: WireMessage; readonly reason: 'too-long' | 'full' | 'offline' }
  | { readonly type: 'ended' }

/**
 * What a closed write service leaves behind, as `Ended.saved`: messages that waited inside, oldest first. Not among them: messages that are in a
 * slab already, of which nobody knows whether they arrive, and, where the service failed instead of being closed, any.
 */
export type Unwritten = readonly WireMessage[]

/** The type of a write service's definition. */
export type WriteDefinition = ServiceDefinition<WriteInit, WriteCommand, WriteEvent, Unwritten> & {
  readonly sync: true
  readonly crossing: Crossing<WriteInit, WriteCommand, WriteEvent, Unwritten>
}

/** A write service over a pool of slabs. Elsewhere it takes the pool of that thread, whichever this one is. */
export function writeWith(pool: SlabPool): WriteDefinition {
  return define({
    name: 'write',
    module: import.meta.url,
    sync: true,
    crossing: writeCrossing(pool),
    create: (init: WriteInit, parts: ServiceParts<WriteCommand>) => createWrite(init, parts, pool),
  })
}

/** Writes one connection's own direction, on this thread's slabs. */
export const write: WriteDefinition = writeWith(slabs)

const turn: WriteCommand = { type: 'turn' }

function createWrite(
  init: WriteInit,
  parts: ServiceParts<WriteCommand>,
  pool: SlabPool
): Service<WriteCommand, WriteEvent, Unwritten> {
  const flushBytes = init.flushBytes ?? defaultFlushBytes
  const maxWaiting = init.maxWaitingMessages ?? defaultMaxWaitingMessages
  let emit: Emit<WriteEvent> = () => false
  // Whether the outbox is at its mark: set by `emit`, cleared by the next command, which comes only when it has drained.
  let held = false
  let closed = false
  let ended = false
  // From the first message that leaves until the clock says that the turn is over.
  let turnOpen = false
  let turnOver = false
  let waiting: WireMessage[] = []

  const send = (event: WriteEvent): boolean => {
    if (!emit(event)) held = true
    return !held
  }

  const writer = createRecordWriter({
    encoder: realise(init.encoding),
    sealer: ciphersOnly(init.shadow).sealer(init.secret),
    slabs: pool,
    onSlab: (bytes, slab) => send({ type: 'bytes', bytes, slab }),
  })

  const openTurn = (): void => {
    turnOpen = true
    parts.clock.soon(() => {
      turnOver = true
      // No room for it: then other commands wait, and the first of them ends the turn.
      if (!closed) parts.self(turn)
    })
  }

  const put = (message: WireMessage): void => {
    if (ended) {
      send({ type: 'undelivered', message, reason: 'offline' })
    } else if (!writer.write(message)) {
      send({ type: 'undelivered', message, reason: 'too-long' })
    } else if (message.type === 'end') {
      ended = true
      writer.flush()
      send({ type: 'ended' })
    } else if (!writer.unfinished() && (!turnOpen || writer.waiting() >= flushBytes)) {
      // The first message of a turn goes at once, so that the other side can start while we go on.
      if (!turnOpen) openTurn()
      writer.flush()
    }
  }

  const take = (message: WireMessage): void => {
    if (!held && waiting.length === 0 && !writer.unfinished()) put(message)
    else if (waiting.length < maxWaiting || message.type === 'end') waiting.push(message)
    else send({ type: 'undelivered', message, reason: 'full' })
  }

  /** Goes on with what the outbox had no room for. */
  const goOn = (): void => {
    if (writer.unfinished()) {
      writer.resume()
      if (writer.unfinished()) return
      writer.flush()
    }
    let count = 0
    for (const message of waiting) {
      if (held || writer.unfinished()) break
      put(message)
      count++
    }
    waiting = waiting.slice(count)
  }

  return {
    handle(command, emitNow) {
      emit = emitNow
      held = false
      if (turnOver) {
        turnOver = false
        turnOpen = false
        if (!writer.unfinished()) writer.flush()
      }
      if (waiting.length > 0 || writer.unfinished()) goOn()
      switch (command.type) {
        case 'message':
          take(command.message)
          break
        case 'messages':
          for (const message of command.messages) take(message)
          break
        case 'limit':
          writer.limit(command.maxMessageBytes)
          break
        case 'end':
          take({ type: 'end', code: command.code })
          break
        case 'turn':
          break
      }
      // The outbox drains without a word to us: our own command, which it holds back until then, is the word.
      if ((waiting.length > 0 || writer.unfinished()) && !turnOpen) openTurn()
    },
    // Nothing that a closing service emits is heard: what it could not write is its state.
    save: () => waiting,
    close() {
      closed = true
      writer.close()
    },
  }
}
