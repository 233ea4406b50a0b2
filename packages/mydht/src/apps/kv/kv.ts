/**
 * @module apps/kv/kv
 * Keys to values across peers. `put` keeps a value under its own hash, `publish` a value under our name, signed and versioned, `putOpen` one that
 * anybody may change. What comes from others is verified before it is handed out, kept or passed on.
 */
import type { PeerId } from '../../identity/peer-id.ts'
import { utf8Bytes, utf8Text } from '../../bytes.ts'
import { MyDhtError } from '../../errors.ts'
import type { Part } from '../../part.ts'
import type { App, AppCallOptions, AppCaller } from '../app.ts'
import type { Settled } from '../app-store.ts'
import { checkedAsk, checkedCount, patient, type AskOptions } from '../ask-options.ts'
import { expectReply } from '../replies.ts'
import * as defaults from './defaults.ts'
import { kvGlobal } from './global.ts'
import type { HolderCounts } from './holders.ts'
import { checkedKey, mutableKey, type Key } from './key.ts'
import { namespaceOf, type Namespace, type Validate } from './namespaces.ts'
import type { KvCall, KvHit, KvOptions, KvReply, KvStats, SpreadOutcome } from './protocol.ts'
import { createProviderApi, type ProviderApi } from './providers-api.ts'
import { compareRecords, type MutableRecord } from './records.ts'

export { immutableKey, mutableKey, openKey, parseKey } from './key.ts'
export type { Key } from './key.ts'
export type { HolderCounts } from './holders.ts'
export type { Namespace, Select, Validate } from './namespaces.ts'
export type { FoundProvider, KvHit, KvOptions, KvStats, SpreadOutcome } from './protocol.ts'
export type { FindProvidersOptions, ProvideOptions, ProvidedKey, ProviderApi } from './providers-api.ts'
export type { ProviderOptions, ProviderStats } from '../providers/providers.ts'
export type { ImmutableRecord, KvRecord, MutableRecord, OpenRecord } from './records.ts'

/** How a value is kept. */
export interface PutOptions extends AppCallOptions {
  /**
   * Milliseconds until it dies. Where `replicas` hold it too, this node gives it a new life half-way, for as long as it runs and keeps it (`remove` ends that): then this is how long
   * it outlives us. @default a day
   */
  readonly ttlMs?: number | undefined
  /** Hops outward to peers that are asked to keep it too. @default 0: kept here, found by queries */
  readonly spread?: number | undefined
  /** Peers nearest to its key that are asked to hold it too. @default the app's `replicas` */
  readonly replicas?: number | undefined
}

/** How a signed value is kept. */
export interface PublishOptions extends PutOptions {
  /** Must be above the one before. @default max(previous + 1, clock) */
  readonly sequence?: number | undefined
  /** Compare and swap: only if this is the sequence now (0: only if there is none). Holds for this node's store, and for each holder by itself: see `holders`. */
  readonly ifSequence?: number | undefined
}

/** How far a query may go. `local`: asks our own store too. @default true */
export interface GetOptions extends AskOptions {
  /** Holders whose answers are waited for; the newest record wins, and who held an older one is given it. Cached copies do not count. @default 1 */
  readonly quorum?: number | undefined
}

/** How many values are wanted, and how far the query may go. */
export interface FindOptions extends AskOptions {
  /** @default 1 */
  readonly results?: number | undefined
}

/** Where a value was put. `spread`: how far it went, where that was asked for. */
export interface Stored {
  readonly key: Key
  readonly spread: SpreadOutcome | undefined
  /** What the peers said that were asked to hold it. Undefined: nobody was to be asked. */
  readonly holders: HolderCounts | undefined
}

/** A published value. `expiresAtMs`: milliseconds since 1970. */
export interface Resolved {
  readonly value: Uint8Array
  readonly sequence: number
  readonly expiresAtMs: number
}

/**
 * What `node.kv` can do. Writers reject with MYDHT_LIMIT, MYDHT_BAD_ARGUMENT, MYDHT_FULL, MYDHT_OUTDATED, MYDHT_INVALID_RECORD; readers give
 * undefined, or fewer values, when nothing more was found in time. All may reject with MYDHT_BUSY, MYDHT_CLOSED, MYDHT_TIMEOUT or `signal.reason`.
 */
export interface KvApi extends ProviderApi {
  /** Keeps an immutable value: its key is its hash. Text is kept as UTF-8. */
  put(value: Uint8Array | string, options?: PutOptions): Promise<Stored>
  /** Keeps a value under our own name, signed; replaces what we published there before. */
  publish(
    name: string,
    value: Uint8Array | string,
    options?: PublishOptions
  ): Promise<Stored & { readonly sequence: number }>
  /** Keeps a value under a name that anybody may write. Rejects with MYDHT_BAD_CONFIG where `open` is not set. */
  putOpen(
    name: string,
    value: Uint8Array | string,
    options?: PutOptions
  ): Promise<Stored & { readonly sequence: number }>
  /** The first verified value that is found, here or at others. */
  get(key: Key, options?: GetOptions): Promise<Uint8Array | undefined>
  /** The same as text. Rejects with MYDHT_INVALID_RECORD when the value is no UTF-8. */
  getText(key: Key, options?: GetOptions): Promise<string | undefined>
  /** The newest of what is found of a publisher's name. @default results 3 */
  resolve(publisher: PeerId, name: string, options?: FindOptions): Promise<Resolved | undefined>
  /** Verified values as they come, one from each holder. Leaving the loop stops the query, at other peers too. */
  find(key: Key, options?: FindOptions): AsyncIterable<KvHit>
  /** Forgets what is kept here; whether there was something. Others keep theirs. */
  remove(key: Key): Promise<boolean>
  stats(): Promise<KvStats>
}

/** Options with which the app can run on another thread: no bare function among them. */
export interface CrossingKvOptions extends KvOptions {
  readonly validate?: Part<Validate> | undefined
  readonly namespaces?: Readonly<Record<string, Part<Namespace>>> | undefined
}

/** The kv app, as `kv()` gives it. It remembers the type of its options: a bare `validate` keeps it on this thread, and the placement check says so. */
export type KvApp<O extends KvOptions = KvOptions> = Omit<
  App<KvOptions, KvCall, KvReply, KvApi, Settled>,
  'options' | 'local'
> & {
  readonly options: O
  readonly global: typeof kvGlobal
}

/**
 * The kv app. Throws MYDHT_BAD_CONFIG for an `acknowledged` that is none, TypeError for a number that is no count.
 *
 * @example
 * const node = await createNode({ transport: tcp(), apps: { kv: kv() } })
 * const { key } = await node.kv.put('hello')
 * console.log(await node.kv.getText(key))
 */
export function kv(options?: CrossingKvOptions): KvApp<CrossingKvOptions>
export function kv(options: KvOptions): KvApp
export function kv(options: KvOptions = {}): KvApp {
  checkAcknowledged(options)
  checkedCount('paths', options.paths)
  checkedCount('holdTimeoutMs', options.holdTimeoutMs)
  return {
    options,
    global: kvGlobal,
    ready: options.store && { type: 'ready' },
    api: (caller, { self }) => createKvApi(caller, self, options.namespaces),
  }
}

/** Makes what `node.kv` shows. */
export function createKvApi(
  caller: AppCaller<KvCall, KvReply>,
  self: PeerId,
  namespaces: NonNullable<KvOptions['namespaces']> = {}
): KvApi {
  const store = async (call: KvCall, options: AppCallOptions): Promise<Extract<KvReply, { readonly type: 'stored' }>> =>
    expectReply(await caller.call(call, options), 'stored')

  const find = async function* (key: Key, options: FindOptions): AsyncGenerator<KvHit> {
    const call: KvCall = { type: 'find', key: checkedKey(key), ask: checkedAsk(options, options.results) }
    for await (const reply of caller.stream(call, { ...patient(options), partial: true })) {
      if (reply.type === 'absent') return
      yield hitOf(reply)
    }
  }

  const get = async (key: Key, options: GetOptions): Promise<Uint8Array | undefined> => {
    const quorum = Math.max(1, checkedCount('quorum', options.quorum) ?? 1)
    const call: KvCall = { type: 'get', key: checkedKey(key), quorum, ask: checkedAsk(options) }
    const reply = await caller.call(call, patient(options))
    return reply.type === 'absent' ? undefined : hitOf(reply).value
  }

  const resolveThere = async (publisher: PeerId, name: string, options: FindOptions): Promise<Resolved | undefined> => {
    const quorum = options.results ?? defaults.resolveResults
    const call: KvCall = { type: 'get', key: mutableKey(publisher, name), quorum, ask: checkedAsk(options) }
    const reply = await caller.call(call, patient(options))
    const found = reply.type === 'absent' ? undefined : hitOf(reply)
    if (found?.record.kind !== 'mutable') return undefined
    const { value, sequence } = found.record
    return { value, sequence, expiresAtMs: found.expiresAtMs }
  }

  return {
    ...createProviderApi(caller),
    async put(value, options = {}) {
      const { key, spread, holders } = await store({ type: 'put', ...placed(value, options) }, options)
      return { key, spread, holders }
    },
    async publish(name, value, options = {}) {
      const { sequence, ifSequence } = options
      const {
        key,
        spread,
        holders,
        sequence: given,
      } = await store(
        {
          type: 'publish',
          name,
          sequence: checkedCount('sequence', sequence),
          ifSequence: checkedCount('ifSequence', ifSequence),
          ...placed(value, options),
        },
        options
      )
      return { key, sequence: given, spread, holders }
    },
    async putOpen(name, value, options = {}) {
      const { key, sequence, spread, holders } = await store(
        { type: 'put-open', name, ...placed(value, options) },
        options
      )
      return { key, sequence, spread, holders }
    },
    get: (key, options = {}) => get(key, options),
    async getText(key, options = {}) {
      const value = await get(key, options)
      if (value === undefined) return undefined
      const text = utf8Text(value)
      if (text !== undefined) return text
      throw new MyDhtError(
        'MYDHT_INVALID_RECORD',
        `the ${value.length} bytes under ${key} are no UTF-8 text: take them with get()`
      )
    },
    async resolve(publisher, name, options = {}) {
      const space = namespaceOf(name)
      // The namespace has an order of its own, which the service knows.
      if (space !== undefined && Object.hasOwn(namespaces, space)) return resolveThere(publisher, name, options)
      let newest: { readonly record: MutableRecord; readonly expiresAtMs: number } | undefined
      const results = options.results ?? defaults.resolveResults
      for await (const { record, expiresAtMs, via } of find(mutableKey(publisher, name), { ...options, results })) {
        if (record.kind !== 'mutable') continue
        if (!newest || compareRecords(record, newest.record) > 0) newest = { record, expiresAtMs }
        // Our own names are signed here only: while we hold a version ourselves, nobody can have a newer one.
        if (publisher === self && via === undefined) break
      }
      return newest && { value: newest.record.value, sequence: newest.record.sequence, expiresAtMs: newest.expiresAtMs }
    },
    find: (key, options = {}) => find(key, options),
    async remove(key) {
      return expectReply(await caller.call({ type: 'remove', key: checkedKey(key) }), 'removed').removed
    },
    async stats() {
      return expectReply(await caller.call({ type: 'stats' }), 'stats').stats
    },
  }
}

function placed(
  value: Uint8Array | string,
  options: PutOptions
): {
  readonly value: Uint8Array
  readonly ttlMs: number | undefined
  readonly spread: number
  readonly replicas: number | undefined
} {
  const spread = checkedCount('spread', options.spread) ?? 0
  if (typeof value !== 'string' && !(value instanceof Uint8Array))
    throw new TypeError(`a value is text or a Uint8Array, got ${typeof value}`)
  return {
    value: typeof value === 'string' ? utf8Bytes(value) : value.slice(),
    ttlMs: options.ttlMs,
    spread,
    replicas: checkedCount('replicas', options.replicas),
  }
}

function hitOf(reply: KvReply): KvHit {
  const { key, value, record, from, via, hops, expiresAtMs } = expectReply(reply, 'hit')
  return { key, value, record, from, via, hops, expiresAtMs }
}

function checkAcknowledged({ acknowledged }: KvOptions): void {
  if (acknowledged === undefined || acknowledged === 'memory' || acknowledged === 'disk') return
  const message = `kv({ acknowledged: ${JSON.stringify(acknowledged)} }): give 'memory' or 'disk'`
  throw new MyDhtError('MYDHT_BAD_CONFIG', message)
}
