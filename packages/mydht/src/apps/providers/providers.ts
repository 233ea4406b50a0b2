/**
 * @module apps/providers/providers
 * Provider records inside an app's global service: who has what belongs to a key. The app's engine asks, answers and passes them on; what is kept
 * and what we provide ourselves is here. Not here: the app's questions (`kv/providing.ts`, `files/messages.ts`).
 *
 * In your service's `handle`: `if (providers.handle(command)) return` before you look at `signed`.
 */
import type { PeerId } from '../../identity/peer-id.ts'
import type { PeerRef } from '../../identity/peer-ref.ts'
import { publicBlock } from '../../peers/host-key.ts'
import type { Spread } from '../../queries/spreading.ts'
import type { ServiceParts } from '../../service/service.ts'
import type { Store, StoredRecord } from '../../stores/store.ts'
import type { Alarm } from '../alarm.ts'
import type { AppCommand, AppEvent, AppInit } from '../app.ts'
import { storeScope } from '../scope.ts'
import * as defaults from './defaults.ts'
import { createKeptProviders, isProviderEntry, isProvision } from './kept-providers.ts'
import { createOwnProviders, type Provide, type Provided } from './own.ts'
import {
  compareProviders,
  decodeProvider,
  encodeProvider,
  expiryOf,
  isProviderTrue,
  looksLikeProvider,
  signContext,
  type CarriedProvider,
} from './provider-record.ts'
import { createProviderTable, type TableLimits } from './table.ts'

/** Options of provider records; the defaults, with their reasons, are in `defaults.ts`. */
export interface ProviderOptions {
  /** Records that we keep for others. @default 32768 */
  readonly maxRecords?: number | undefined
  /** Of those, providers of one key. @default 64 */
  readonly maxPerKey?: number | undefined
  /** Of those, brought by one peer. @default 2048 */
  readonly maxPerPeer?: number | undefined
  /** Of those, from the peers of one public address block (/24, /48; this machine and private networks are exempt). @default 4096 */
  readonly maxPerBlock?: number | undefined
  /** The longest that a record is kept before it must come again. In milliseconds. @default a day */
  readonly maxTtlMs?: number | undefined
  /** Keys that we provide ourselves. @default 32768 */
  readonly maxProvided?: number | undefined
}

/** Somebody who provides a key, as a verified record says. */
export interface KnownProvider {
  /** 52 letters. */
  readonly key: string
  readonly provider: PeerId
  /** Where it listens, most useful first; empty: it cannot be dialled. */
  readonly addresses: readonly string[]
  /** Its signed PeerRecord. */
  readonly peerRecord: Uint8Array
  /** Its own words about what it provides: bytes of a stranger. */
  readonly note: Uint8Array
  /** Milliseconds since 1970 by our clock. */
  readonly expiresAtMs: number
  /** Who had us keep its record: the cause of a dial, where no peer brought it just now. Undefined: we do not keep it, or it is ours. */
  readonly keptFor: PeerId | undefined
}

/** Counters since the node started. */
export interface ProviderStats {
  /** Keys that we provide. */
  readonly provided: number
  /** Records that we keep for others. */
  readonly kept: number
  /** Records refused because they were not true, dead, or of another key. */
  readonly refused: number
  /** Records that were true but did not fit a quota. */
  readonly full: number
}

/**
 * What became of a record that somebody brought. `newer`: we have a newer one. `over`: dead, or of ourselves, which only we say anything about; an honest
 * peer may have brought it. `false`: an honest one has not.
 */
export type Taken = 'kept' | 'known' | 'newer' | 'full' | 'over' | 'false'

/** Provider records of one app. Keys are 32 bytes, or 52 letters of base32. */
export interface Providers {
  /** For the engine: answers to "who provides this?", at most `limit`. */
  lookup(key: string, limit: number): readonly Uint8Array[]
  /** For the engine: whether bytes are a true, living record of just this key. Stands hostile bytes. */
  verify(key: string, answer: Uint8Array): boolean
  /** The key of what looks like a provider record, before it is checked; undefined: it is none. */
  keyOf(value: Uint8Array): string | undefined
  /** For the engine: a value came by `propagate`; undefined: it is no provider record, but something of the app's own. */
  receive(value: Uint8Array, from: PeerRef): 'news' | 'known' | 'invalid' | undefined
  /** Keeps a record that somebody brought. */
  hold(value: Uint8Array, from: PeerRef): Taken
  /** What a verified answer says; undefined where we know better: it was withdrawn. */
  known(answer: Uint8Array): KnownProvider | undefined
  provide(wanted: Provide, done: Provided): void
  /** False: we did not provide it, and `done` is not called. */
  withdraw(key: string, done: Provided): boolean
  isProvided(key: string): boolean
  /** Takes in an entry of the store that an earlier run left. False: it is none of these. */
  recall(name: string, stored: StoredRecord): boolean
  /** True: nothing is left to do for this command. */
  handle(command: AppCommand<unknown, unknown>): boolean
  stats(): ProviderStats
}

/** What they need of their service. */
export interface ProvidersInit {
  readonly init: Pick<AppInit<unknown>, 'name' | 'network' | 'self' | 'mode'>
  readonly parts: Pick<ServiceParts<never>, 'clock' | 'random'>
  /** False: nothing is kept for others, and nothing is passed on. */
  readonly options: ProviderOptions | false | undefined
  /** Whether a note is one of this app's. Stands hostile bytes. @default any is */
  readonly accepts?: ((note: Uint8Array) => boolean) | undefined
  /** Where records and what we provide outlive us, if it outlives us itself. Left out: they are in memory alone. */
  readonly store?: Store | undefined
  readonly alarm: () => Alarm
  readonly emit: (event: AppEvent<never>) => void
  readonly propagate: (spread: Spread, sent: (peers: number) => void) => void
  /** Has the peers nearest to a key hold a record of ours; tells once how many do. Left out: it only spreads. */
  readonly place?: ((key: string, record: Uint8Array, held: (peers: number) => void) => void) | undefined
}

/** Makes the provider records of an app. */
export function createProviders(made: ProvidersInit): Providers {
  const { init, parts, options, alarm, emit, propagate, place, accepts = () => true } = made
  const { clock } = parts
  const kept = made.store && createKeptProviders(made.store, storeScope(init.name, init.network))
  const table = createProviderTable(clock, parts.random, limitsOf(options), (record) => kept?.forget(record))
  const given = options === false ? {} : (options ?? {})
  const maxTtlMs = Math.min(given.maxTtlMs ?? defaults.maxTtlMs, defaults.maxTtlMs)
  /** Of online peers: the public address block that they are in. */
  const blocks = new Map<PeerId, string>()
  let refused = 0
  let full = 0

  const tick = (): void => own.tick()
  const own = createOwnProviders({
    self: init.self,
    anonymous: init.mode === 'anonymous',
    clock,
    random: parts.random,
    table,
    maxTtlMs,
    maxProvided: given.maxProvided ?? defaults.maxProvided,
    kept,
    batch: place ? defaults.placeBatch : defaults.batch,
    sign: (ticket, fields) => emit({ type: 'sign', ticket, context: signContext, fields }),
    spread(key, body, hops, done) {
      if (place && hops > 0) place(key, body, (sent) => done({ hops, sent }))
      else if (hops < 1) done({ hops, sent: 0 })
      else propagate({ body, hops }, (sent) => done({ hops, sent }))
    },
    wake: (delayMs) => alarm().by(tick, delayMs),
  })

  const isTrue = (carried: CarriedProvider): boolean => isProviderTrue(carried, init.name, init.network, clock.now())
  const take = (value: Uint8Array, from: PeerRef): Taken => {
    const refuse = <T>(why: T): T => {
      refused++
      return why
    }
    const carried = decodeProvider(value)
    if (!carried || !(carried.record.withdrawn || accepts(carried.record.note))) return refuse('false')
    const { record } = carried
    const expiresAtMs = expiryOf(carried, clock.now(), maxTtlMs)
    const before = table.get(record.key, record.provider)
    const order = before ? compareProviders(record, before.record) : 1
    if (order <= 0) return order < 0 ? 'newer' : 'known'
    if (expiresAtMs <= clock.now() || record.provider === init.self) return refuse('over')
    // What costs most comes last.
    if (!isTrue(carried)) return refuse('false')
    const entry = { record, expiresAtMs, by: from.id, block: blocks.get(from.id) }
    const isFull = table.keep(entry) === 'full'
    if (isFull) full++
    else kept?.keep(entry)
    return isFull ? 'full' : 'kept'
  }

  return {
    lookup: (key, limit) =>
      table.of(key, limit).map(({ record, expiresAtMs }) => encodeProvider(expiresAtMs - clock.now(), record)),
    verify(key, answer) {
      const carried = decodeProvider(answer)
      // What costs most comes last.
      const isGood =
        carried?.record.key === key &&
        !carried.record.withdrawn &&
        accepts(carried.record.note) &&
        expiryOf(carried, clock.now(), maxTtlMs) > clock.now() &&
        isTrue(carried)
      if (!isGood) refused++
      return isGood
    },
    keyOf: (value) => (looksLikeProvider(value) ? decodeProvider(value)?.record.key : undefined),
    receive(value, from) {
      if (!looksLikeProvider(value)) return undefined
      const taken = take(value, from)
      if (taken === 'kept') return 'news'
      return taken === 'false' ? 'invalid' : 'known'
    },
    hold: (value, from) => take(value, from),
    known(answer) {
      const carried = decodeProvider(answer)
      if (!carried) return undefined
      const { record, addresses } = carried
      const { key, provider, peerRecord, note } = record
      // What an earlier run of ours provided is over, whatever others still hold.
      if (provider === init.self && !own.has(key)) return undefined
      const mine = table.get(key, provider)
      if (mine?.record.withdrawn && mine.record.sequence >= record.sequence) return undefined
      const expiresAtMs = expiryOf(carried, clock.now(), maxTtlMs)
      return { key, provider, addresses, peerRecord, note, expiresAtMs, keptFor: mine?.by }
    },
    provide: (wanted, done) => own.provide(wanted, done),
    withdraw: (key, done) => own.withdraw(key, done),
    isProvided: (key) => own.has(key),
    handle(command) {
      if (command.type === 'signed') return own.signed(command.ticket, command.signature)
      if (command.type === 'self') own.self(command.record)
      else if (command.type === 'offline') blocks.delete(command.peer.id)
      else if (command.type === 'online') {
        const block = publicBlock(command.host)
        if (block !== undefined) blocks.set(command.peer.id, block)
        own.online()
      }
      return false
    },
    recall(name, stored) {
      if (!isProviderEntry(name)) return false
      const entry = kept?.read(name, stored)
      if (entry && isProvision(entry)) own.recall(entry)
      else if (entry) table.keep(entry)
      return true
    },
    stats: () => ({ provided: own.size, kept: table.size().others, refused, full }),
  }
}

function limitsOf(options: ProviderOptions | false | undefined): TableLimits {
  if (options === false) return { maxRecords: 0, maxPerKey: 0, maxPerPeer: 0, maxPerBlock: 0 }
  return {
    maxRecords: options?.maxRecords ?? defaults.maxRecords,
    maxPerKey: options?.maxPerKey ?? defaults.maxPerKey,
    maxPerPeer: options?.maxPerPeer ?? defaults.maxPerPeer,
    maxPerBlock: options?.maxPerBlock ?? defaults.maxPerBlock,
  }
}
