/**
 * @module test/peers/rig
 * What the tests of authentication share: parts of a handshake, two ends joined by hand, and the auth service without a node around it.
 */
import type { NodeMode } from '../../src/identity/mode.ts'
import { concat } from '../../src/bytes.ts'
import type { Encoding, EncodingPart } from '../../src/encodings/encoding.ts'
import { createIdentity, type Identity } from '../../src/identity/keys.ts'
import { createPeerRecord, encodePeerRecord } from '../../src/identity/peer-record.ts'
import { part, realise, type Part } from '../../src/part.ts'
import type { AcceptHook } from '../../src/peers/accept.ts'
import {
  authService,
  type AuthCommand,
  type AuthEvent,
  type AuthInit,
  type AuthLimits,
} from '../../src/peers/auth-service.ts'
import type {
  Handshake,
  HandshakeOptions,
  HandshakeOutput,
  HandshakeParts,
} from '../../src/peers/handshake-contract.ts'
import { createHandshake } from '../../src/peers/handshake.ts'
import { networkTag } from '../../src/peers/preamble.ts'
import { seededRandom } from '../../src/random.ts'
import { none } from '../../src/shadows/none.ts'
import { noise } from '../../src/shadows/noise.ts'
import { secret } from '../../src/shadows/secret.ts'
import type { ShadowPart } from '../../src/shadows/shadow.ts'
import { virtualClock, type VirtualClock } from '../../src/testing/virtual-clock.ts'

export const nowMs = 1_767_225_600_000
export const shadows: Readonly<Record<string, ShadowPart>> = {
  none: none(),
  noise: noise(),
  secret: secret({ key: new Uint8Array(32).fill(7) }),
}

/** One end's node, as far as a handshake sees it. */
export interface End {
  readonly parts: HandshakeParts
  readonly identity: Identity
  readonly record: Uint8Array
}

export interface EndOptions {
  readonly seed?: number
  readonly network?: string
  readonly mode?: NodeMode
  readonly shadow?: ShadowPart
  readonly encodingId?: number
  readonly address?: string
  readonly now?: () => number
  readonly random?: number
}

export function end(options: EndOptions = {}): End {
  const { seed = 1, network = 'net-under-test', mode = 'public', shadow = shadows['noise'], encodingId = 1 } = options
  if (!shadow) throw new TypeError('no shadow')
  const identity = createIdentity(new Uint8Array(32).fill(seed), network)
  const random = seededRandom(options.random ?? seed)
  const real = realise(shadow)({ network, staticSecret: random.bytes(32) })
  const facts = { shadowId: real.id, encodingId, mode, networkTag: real.hidesNetwork ? undefined : networkTag(network) }
  const address = options.address ?? `tcp://10.0.0.${seed}:4000`
  const facts_ = { sequence: nowMs, expiresAtMs: nowMs + 3_600_000, addresses: [address], clientOnly: false }
  const record = encodePeerRecord(createPeerRecord(identity, facts_))
  return { identity, record, parts: { identity, mode, shadow: real, facts, random, now: options.now ?? (() => nowMs) } }
}

export function initiate(from: End, options: Partial<HandshakeOptions> = {}): Handshake {
  return createHandshake(from.parts, { role: 'initiator', record: from.record, duplex: true, ...options })
}

export function respond(at: End, options: Partial<HandshakeOptions> = {}): Handshake {
  return createHandshake(at.parts, { role: 'responder', record: at.record, duplex: true, ...options })
}

export type OutputOf<T extends HandshakeOutput['type']> = Extract<HandshakeOutput, { readonly type: T }>

export function outputs<T extends HandshakeOutput['type']>(all: readonly HandshakeOutput[], type: T): OutputOf<T>[] {
  return all.filter((output): output is OutputOf<T> => output.type === type)
}

export function written(all: readonly HandshakeOutput[]): Uint8Array {
  return concat(outputs(all, 'write').map((output) => output.bytes))
}

export function failure(all: readonly HandshakeOutput[]): string | undefined {
  return outputs(all, 'failed')[0]?.code
}

/** Everything that two ends said, and the bytes that passed in each direction. */
export interface Conversation {
  readonly a: HandshakeOutput[]
  readonly b: HandshakeOutput[]
  readonly toB: Uint8Array[]
  readonly toA: Uint8Array[]
}

export interface PumpOptions {
  /** Bytes in one piece at most. */
  readonly piece?: number
  /** May change what passes: direction, and which write it is (from 0). */
  readonly meddle?: (to: 'a' | 'b', index: number, bytes: Uint8Array) => Uint8Array
}

/** Lets an initiator and a responder talk until both are silent. */
export function converse(a: Handshake, b: Handshake, options: PumpOptions = {}): Conversation {
  const said: Conversation = { a: [], b: [], toA: [], toB: [] }
  const queue: { readonly to: 'a' | 'b'; readonly bytes: Uint8Array }[] = []
  const take = (from: 'a' | 'b', all: readonly HandshakeOutput[]): void => {
    said[from].push(...all)
    for (const { bytes } of outputs(all, 'write')) {
      const to = from === 'a' ? 'b' : 'a'
      const log = to === 'a' ? said.toA : said.toB
      const passed = options.meddle?.(to, log.length, bytes) ?? bytes
      log.push(passed)
      queue.push({ to, bytes: passed })
    }
  }
  take('b', b.start())
  take('a', a.start())
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const piece = options.piece ?? (next.bytes.length || 1)
    for (let at = 0; at < next.bytes.length; at += piece) {
      take(next.to, (next.to === 'a' ? a : b).bytes(next.bytes.subarray(at, at + piece)))
    }
  }
  return said
}

const encoding = (id: number): EncodingPart =>
  part(import.meta.url, 'encodingStub', id, (): Encoding => ({
    name: 'stub',
    id,
    sizeBound: () => 0,
    encode: (_message, _target, at) => at,
    decode: () => ({ ok: false, code: 'unknown-type', at: 0 }),
  }))

export function hook(accept: AcceptHook): Part<AcceptHook> {
  return part(import.meta.url, 'hook', {}, () => accept)
}

/** The auth service, run as `inline` would. */
export interface Auth {
  readonly clock: VirtualClock
  readonly events: AuthEvent[]
  send(command: AuthCommand): void
  /** Whether commands to itself are taken. */
  takesOwn: boolean
  close(): void
}

export interface AuthOptions extends Partial<Omit<AuthInit, 'seed' | 'encoding' | 'limits'>> {
  readonly seed?: number
  readonly encodingId?: number
  readonly clock?: VirtualClock
  readonly limits?: Partial<AuthLimits>
}

export function auth(options: AuthOptions = {}): Auth {
  const clock = options.clock ?? virtualClock({ startMs: nowMs })
  const events: AuthEvent[] = []
  const emit = (event: AuthEvent): boolean => events.push(event) > 0
  const rig: Auth = {
    clock,
    events,
    takesOwn: true,
    send: (command) => void service.handle(command, emit),
    close: () => void service.close?.(),
  }
  const self = (command: AuthCommand): boolean => {
    if (rig.takesOwn) void service.handle(command, emit)
    return rig.takesOwn
  }
  const {
    seed = 1,
    encodingId = 1,
    network = 'net-under-test',
    mode = 'public',
    shadow = noise(),
    accept,
    limits,
    lastSequence,
  } = options
  const service = authService.create(
    {
      seed: new Uint8Array(32).fill(seed),
      network,
      mode,
      shadow,
      encoding: encoding(encodingId),
      accept,
      limits,
      lastSequence,
    },
    { clock, random: seededRandom(seed), log: () => {}, self }
  )
  return rig
}

export type EventOf<T extends AuthEvent['type']> = Extract<AuthEvent, { readonly type: T }>

export function eventsOf<T extends AuthEvent['type']>(rig: Auth, type: T): EventOf<T>[] {
  return rig.events.filter((event): event is EventOf<T> => event.type === type)
}

/** Carries what either service writes on link 1 to the other, from now on, until both are silent. */
export function carry(a: Auth, b: Auth, from: { a: number; b: number } = { a: 0, b: 0 }): void {
  for (let moved = true; moved;) {
    moved = false
    for (const [source, target, key] of [
      [a, b, 'a'],
      [b, a, 'b'],
    ] as const) {
      const writes = eventsOf(source, 'write')
      for (; from[key] < writes.length; from[key]++) {
        const bytes = writes[from[key]]?.bytes
        if (bytes) target.send({ type: 'bytes', link: 1, bytes })
        moved = true
      }
    }
  }
}
