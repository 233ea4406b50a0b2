/**
 * @module test/hostile/raw
 * A peer made by hand: a link of a real transport, and on it whatever bytes a test wants, with or without a true handshake before them.
 */
import { concat } from '../../src/bytes.ts'
import { binary } from '../../src/encodings/binary.ts'
import type { Encoding, EncodingPart } from '../../src/encodings/encoding.ts'
import type { NodeMode } from '../../src/identity/mode.ts'
import { parseAddress } from '../../src/identity/address.ts'
import { createIdentity } from '../../src/identity/keys.ts'
import type { PeerId } from '../../src/identity/peer-id.ts'
import { createPeerRecord, encodePeerRecord } from '../../src/identity/peer-record.ts'
import { realise } from '../../src/part.ts'
import type {
  HandshakeOptions,
  HandshakeOutput,
  HandshakeParts,
  HandshakeProven,
} from '../../src/peers/handshake-contract.ts'
import { createHandshake } from '../../src/peers/handshake.ts'
import { networkTag } from '../../src/peers/preamble.ts'
import { systemClock } from '../../src/clock.ts'
import { seededRandom, systemRandom } from '../../src/random.ts'
import { noise } from '../../src/shadows/noise.ts'
import type { Opener, Sealer, ShadowPart } from '../../src/shadows/shadow.ts'
import type {
  OutgoingLink,
  ReadStream,
  StreamEnd,
  Transport,
  TransportPart,
  WriteStream,
} from '../../src/transports/transport.ts'
import type { WireMessage } from '../../src/wire/messages.ts'
import { createRecordReader } from '../../src/wire/record-reader.ts'

/** A link, as bytes. */
export interface RawLink {
  send(bytes: Uint8Array): Promise<boolean>
  end(): void
  drop(): void
  pause(): void
  resume(): void
  /** Next bytes; undefined: the other side's direction is over. */
  next(): Promise<Uint8Array | undefined>
  /** All bytes until the other side's direction is over. */
  rest(): Promise<Uint8Array>
  readonly closed: Promise<StreamEnd>
}

/** Makes a transport real, outside a node. */
export function realTransport(transport: TransportPart): Transport {
  return realise(transport)({ clock: systemClock, random: systemRandom, log: () => {} })
}

/** Opens a link to a node's address. */
export async function openRaw(transport: Transport, address: string): Promise<RawLink> {
  const link: OutgoingLink = await transport.connect(parseAddress(address).link, {
    signal: new AbortController().signal,
  })
  if (!link.read) throw new TypeError('raw peers need a duplex link')
  return rawLink(link.read, link.write)
}

export function rawLink(read: ReadStream, write: WriteStream): RawLink {
  const chunks: Uint8Array[] = []
  let over = false
  let wake: (() => void) | undefined
  const closed = new Promise<StreamEnd>((resolve) => {
    read.start(
      (bytes) => {
        chunks.push(bytes)
        wake?.()
      },
      (end) => {
        over = true
        wake?.()
        resolve(end)
      }
    )
  })
  write.onClosed(() => {})
  const next = async (): Promise<Uint8Array | undefined> => {
    while (chunks.length === 0 && !over) {
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
    return chunks.shift()
  }
  return {
    send: (bytes) => new Promise((resolve) => write.write(bytes.slice(), resolve)),
    end: () => write.end(),
    drop: () => {
      write.close()
      read.close()
    },
    pause: () => read.pause(),
    resume: () => read.resume(),
    next,
    rest: async () => {
      const all: Uint8Array[] = []
      for (let bytes = await next(); bytes; bytes = await next()) all.push(bytes)
      return concat(all)
    },
    closed,
  }
}

/** Who a raw peer says it is. */
export interface RawOptions {
  readonly seed?: number
  readonly network?: string
  readonly mode?: NodeMode
  readonly shadow?: ShadowPart
  readonly encoding?: EncodingPart
  /** What its record says. @default tcp://127.0.0.1:1 */
  readonly address?: string
  readonly now?: () => number
  readonly handshake?: Partial<HandshakeOptions>
  /** Changes its bytes on the way: which write it is (from 0). */
  readonly meddle?: (index: number, bytes: Uint8Array) => Uint8Array
}

/** Identity and parts of a raw peer. */
export function rawParts(options: RawOptions = {}): {
  readonly parts: HandshakeParts
  readonly record: Uint8Array
  readonly id: PeerId
} {
  const {
    seed = 77,
    network = 'mydht',
    mode = 'public',
    shadow = noise(),
    encoding = binary(),
    now = () => systemClock.now(),
  } = options
  const identity = createIdentity(new Uint8Array(32).fill(seed), network)
  const random = seededRandom(seed)
  const real = realise(shadow)({ network, staticSecret: random.bytes(32) })
  const facts = {
    shadowId: real.id,
    encodingId: realise(encoding).id,
    mode,
    networkTag: real.hidesNetwork ? undefined : networkTag(network),
  }
  const addresses = [options.address ?? 'tcp://127.0.0.1:1']
  const nowMs = Math.trunc(now())
  const record = encodePeerRecord(
    createPeerRecord(identity, { sequence: nowMs, expiresAtMs: nowMs + 3_600_000, addresses, clientOnly: false })
  )
  return { id: identity.id, record, parts: { identity, mode, shadow: real, facts, random: systemRandom, now } }
}

/** A raw peer behind a finished handshake: records by hand. */
export interface RawSession {
  readonly id: PeerId
  readonly link: RawLink
  /** What each side wrote during the handshake. */
  readonly wrote: readonly Uint8Array[]
  send(message: WireMessage): Promise<boolean>
  /** Seals any plaintext as one record. */
  sendPlain(plaintext: Uint8Array): Promise<boolean>
  /** Seals it and gives the bytes, unsent. */
  seal(plaintext: Uint8Array): Uint8Array
  next(): Promise<WireMessage | undefined>
  /** Says `ready` and waits for theirs. */
  ready(apps?: readonly string[]): Promise<WireMessage | undefined>
}

/** How a raw handshake ended. */
export type Shaken =
  | { readonly session: RawSession }
  | { readonly code: string; readonly link: RawLink; readonly wrote: readonly Uint8Array[] }

/** Shakes hands as initiator. */
export async function shake(link: RawLink, options: RawOptions = {}): Promise<Shaken> {
  const { parts, record, id } = rawParts(options)
  const handshake = createHandshake(parts, { role: 'initiator', record, duplex: true, ...options.handshake })
  const wrote: Uint8Array[] = []
  let proven: HandshakeProven | undefined
  let code: string | undefined
  let received = 0
  let last: Uint8Array = new Uint8Array(0)
  const take = (outputs: readonly HandshakeOutput[]): void => {
    for (const output of outputs) {
      if (output.type === 'write') {
        const bytes = options.meddle?.(wrote.length, output.bytes) ?? output.bytes
        wrote.push(bytes)
        void link.send(bytes)
      } else if (output.type === 'proven') proven = output
      else if (output.type === 'failed') code = output.code
      else if (output.type === 'probed') code = 'probed'
    }
  }
  take(handshake.start())
  while (!proven && code === undefined) {
    const bytes = await link.next()
    if (!bytes) {
      take(handshake.abort('MYDHT_CONNECTION_CLOSED', 'closed'))
      break
    }
    received += bytes.length
    last = bytes
    take(handshake.bytes(bytes))
  }
  if (!proven) return { code: code ?? 'MYDHT_CONNECTION_CLOSED', link, wrote }
  const rest = last.slice(last.length - (received - proven.consumed))
  const sealer = parts.shadow.sealer(proven.send)
  const opener = parts.shadow.opener(proven.receive)
  return { session: session(id, link, wrote, sealer, opener, rest, realise(options.encoding ?? binary())) }
}

/** Shakes hands and expects it to work. */
export async function shaken(transport: Transport, address: string, options: RawOptions = {}): Promise<RawSession> {
  const outcome = await shake(await openRaw(transport, address), options)
  if ('session' in outcome) return outcome.session
  throw new Error(`the handshake failed with ${outcome.code}`)
}

function session(
  id: PeerId,
  link: RawLink,
  wrote: readonly Uint8Array[],
  sealer: Sealer,
  opener: Opener,
  rest: Uint8Array,
  encoding: Encoding
): RawSession {
  const reader = createRecordReader({ decoder: encoding, opener, maxMessageBytes: 1 << 20 })
  const messages: WireMessage[] = []
  let first: Uint8Array | undefined = rest
  const seal = (plaintext: Uint8Array): Uint8Array => {
    const record = new Uint8Array(2 + plaintext.length + sealer.overhead)
    const end = sealer.seal(plaintext, record, 2)
    record[0] = (end - 2) >> 8
    record[1] = (end - 2) & 255
    return record.subarray(0, end)
  }
  const sendPlain = (plaintext: Uint8Array): Promise<boolean> => link.send(seal(plaintext))
  const send = (message: WireMessage): Promise<boolean> => sendPlain(framed(message, encoding))
  const next = async (): Promise<WireMessage | undefined> => {
    for (;;) {
      const message = messages.shift()
      if (message) return message
      const bytes: Uint8Array | undefined = first && first.length > 0 ? first : await link.next()
      first = undefined
      if (!bytes) return undefined
      messages.push(...reader.push(bytes).messages)
    }
  }
  return {
    id,
    link,
    wrote,
    send,
    sendPlain,
    seal,
    next,
    ready: async (apps = ['kv', 'touch', 'probe', 'peers']) => {
      await send({ type: 'ready', accepted: true, code: '', maxMessageBytes: 1 << 20, apps })
      return next()
    },
  }
}

/** A message behind its length. */
export function framed(message: WireMessage, encoding: Encoding = realise(binary())): Uint8Array {
  const body = new Uint8Array(encoding.sizeBound(message))
  const end = encoding.encode(message, body, 0)
  return concat([varint(end), body.subarray(0, end)])
}

/** An unsigned LEB128 number, in its shortest form. */
export function varint(value: number): Uint8Array {
  const bytes: number[] = []
  let left = value
  while (left >= 128) {
    bytes.push((left % 128) + 128)
    left = Math.floor(left / 128)
  }
  bytes.push(left)
  return Uint8Array.from(bytes)
}

/** The next message of a type; others before it are skipped. Throws when the connection ends first. */
export async function nextOf<T extends WireMessage['type']>(
  from: RawSession,
  type: T
): Promise<Extract<WireMessage, { readonly type: T }>> {
  const matches = (message: WireMessage): message is Extract<WireMessage, { readonly type: T }> => message.type === type
  for (let message = await from.next(); message; message = await from.next()) if (matches(message)) return message
  throw new Error(`the connection ended before a '${type}' came`)
}
