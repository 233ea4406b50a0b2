/**
 * @module apps/kv/write
 * What a program writes itself: checks it, gives it a sequence, has it signed, keeps it, spreads it. Signing is a question to the auth service,
 * so a publish waits as state until `signed` comes.
 */
import { utf8Bytes } from '../../bytes.ts'
import type { Clock } from '../../clock.ts'
import type { ErrorCode } from '../../errors.ts'
import type { PeerId } from '../../identity/peer-id.ts'
import type { Random } from '../../random.ts'
import { createTickets } from '../../tickets.ts'
import * as defaults from './defaults.ts'
import type { HolderCounts, Placing } from './holders.ts'
import type { Keeper } from './keep.ts'
import { mutableKey, type Key } from './key.ts'
import type { KvCall, KvOptions, KvReply, SpreadOutcome } from './protocol.ts'
import {
  encodeRecord,
  isName,
  keyOfRecord,
  sequenceOf,
  signedFields,
  type KvRecord,
  type MutableRecord,
} from './records.ts'
import type { Published } from './upkeep.ts'
import type { Validator } from './validate.ts'

/** What writing needs of its service. */
export interface WriterInit {
  readonly self: PeerId
  readonly clock: Clock
  readonly random: Random
  readonly options: KvOptions
  readonly keeper: Keeper
  readonly validator: Validator
  readonly sign: (ticket: number, fields: readonly Uint8Array[]) => void
  /** Spreads what is kept under a key; `done` is called once. */
  readonly spread: (key: Key, hops: number, done: (outcome: SpreadOutcome) => void) => void
  /** Has the nearest hold what is kept under a key; `done` is called once. */
  readonly place: (placing: Placing, care: Published, done: (counts: HolderCounts) => void) => void
  /** Runs `done` once what was kept is durable, or fails the call. */
  readonly whenDurable: (call: number, done: () => void) => void
  readonly reply: (call: number, value: KvReply) => void
  readonly fail: (call: number, code: ErrorCode, message: string) => void
}

type Write = Extract<KvCall, { readonly type: 'put' | 'publish' | 'put-open' }>

/** Writes for calls of the API. */
export interface Writer {
  write(call: number, wanted: Write): void
  signed(ticket: number, signature: Uint8Array): void
  /** Gives a record of ours that is kept here a new life from now, signed anew where that says so, and places it. Nobody is told. False: it is none that we can write. */
  republish(key: Key, care: Published): boolean
  /** The caller is gone: a publish that waits for its signature is dropped. */
  cancel(call: number): void
}

interface Signing {
  readonly call: number
  readonly key: Key
  readonly unsigned: Omit<MutableRecord, 'signature'>
  readonly wanted: Write
}

/** The call of what we do by ourselves: no caller has it. */
const ourselves = -1

/** Makes a writer. */
export function createWriter(init: WriterInit): Writer {
  const { clock, options, keeper, validator, fail } = init
  const maxValueBytes = options.maxValueBytes ?? defaults.maxValueBytes
  const maxTtlMs = options.maxTtlMs ?? defaults.maxTtlMs
  const signing = new Map<number, Signing>()
  const nextTicket = createTickets(init.random)

  /** The call's own mistakes; undefined: none. */
  const refusal = (wanted: Write): readonly [ErrorCode, string] | undefined => {
    const { value, ttlMs = defaults.ttlMs } = wanted
    if (value.length > maxValueBytes) {
      return [
        'MYDHT_LIMIT',
        `the value has ${value.length} bytes, at most ${maxValueBytes} are kept: share it as a file, or raise maxValueBytes everywhere`,
      ]
    }
    if (!(ttlMs > 0 && ttlMs <= maxTtlMs))
      return ['MYDHT_LIMIT', `ttlMs is ${ttlMs}: give more than 0 and at most ${maxTtlMs} (maxTtlMs)`]
    if (wanted.type === 'put') return undefined
    if (!isName(wanted.name)) {
      return [
        'MYDHT_BAD_ARGUMENT',
        `a name is well-formed text of 1 to ${defaults.maxNameBytes} bytes of UTF-8, got ${utf8Bytes(wanted.name).length}`,
      ]
    }
    if (wanted.type === 'put-open' && options.open !== true) {
      return [
        'MYDHT_BAD_CONFIG',
        'open records are not allowed here: set kv({ open: true }) on every node of the network, or publish instead',
      ]
    }
    return undefined
  }

  const store = (call: number, record: KvRecord, wanted: Write): void => {
    const key = keyOfRecord(record)
    const expiresAtMs = validator.expiryOf(record, wanted.ttlMs ?? defaults.ttlMs)
    if (!validator.wanted(record, key)) {
      return fail(
        call,
        'MYDHT_INVALID_RECORD',
        `this app's validate() refused the record for ${key}: see the rule that the program gave to kv()`
      )
    }
    const copies = wanted.replicas ?? options.replicas ?? 0
    const ttlMs = wanted.ttlMs ?? defaults.ttlMs
    const care: Published | undefined = copies > 0 ? { type: 'publish', ttlMs, copies } : undefined
    const outcome = keeper.keep({ key, record, bytes: encodeRecord(record), expiresAtMs }, undefined, undefined, care)
    if (outcome === 'older')
      return fail(call, 'MYDHT_OUTDATED', `a newer record is under ${key} already: read it, then write again`)
    if (outcome === 'full')
      return fail(call, 'MYDHT_FULL', `the store is full: remove something, or give kv() a larger store`)
    if (outcome === 'busy')
      return fail(call, 'MYDHT_BUSY', 'the store cannot follow: await some writes before the next, or look at its disk')
    const sequence = sequenceOf(record)
    const place = (spread: SpreadOutcome | undefined): void => {
      const stored = { type: 'stored', key, sequence, spread } as const
      const ifSequence = wanted.type === 'publish' ? wanted.ifSequence : undefined
      if (!care) init.reply(call, { ...stored, holders: undefined })
      else init.place({ key, copies, ifSequence }, care, (holders) => init.reply(call, { ...stored, holders }))
    }
    init.whenDurable(call, () => {
      if (wanted.spread > 0) init.spread(key, wanted.spread, place)
      else place(undefined)
    })
  }

  /** The sequence that a name has now, with what is being signed counted in. */
  const sequenceNow = (key: Key): number | undefined => {
    let latest: number | undefined
    for (const one of signing.values()) if (one.key === key) latest = Math.max(latest ?? 0, one.unsigned.sequence)
    const held = keeper.held(key)
    return held ? Math.max(latest ?? 0, sequenceOf(held.record)) : latest
  }

  const publish = (call: number, wanted: Extract<Write, { type: 'publish' }>): void => {
    const { name, value, ttlMs = defaults.ttlMs, ifSequence } = wanted
    const key = mutableKey(init.self, name)
    const before = sequenceNow(key)
    if (ifSequence !== undefined && ifSequence !== (before ?? 0)) {
      return fail(
        call,
        'MYDHT_OUTDATED',
        `'${name}' has sequence ${before ?? 0} here, not ${ifSequence}: resolve it, then publish with its sequence`
      )
    }
    // After the clock as well, so that an update wins even where our own earlier record was lost (docs of BEP 44 leave that to the program).
    const sequence = wanted.sequence ?? Math.max((before ?? 0) + 1, Math.floor(clock.now()))
    if (before !== undefined && sequence <= before) {
      return fail(
        call,
        'MYDHT_OUTDATED',
        `'${name}' has sequence ${before} already, ${sequence} would lose: leave sequence out, or give a higher one`
      )
    }
    if (signing.size >= defaults.maxSigning)
      return fail(call, 'MYDHT_BUSY', `${signing.size} records wait for their signatures: await some first`)
    const expiresAtMs = Math.floor(clock.now() + ttlMs)
    const unsigned = { kind: 'mutable', publisher: init.self, name, value, sequence, expiresAtMs } as const
    const ticket = nextTicket()
    signing.set(ticket, { call, key, unsigned, wanted })
    init.sign(ticket, signedFields(unsigned))
  }

  return {
    write(call, wanted) {
      const refused = refusal(wanted)
      if (refused) return fail(call, ...refused)
      if (wanted.type === 'publish') return publish(call, wanted)
      if (wanted.type === 'put') return store(call, { kind: 'immutable', value: wanted.value }, wanted)
      const { name, value } = wanted
      const key = keyOfRecord({ kind: 'open', name, value, sequence: 0 })
      const sequence = Math.max((sequenceNow(key) ?? 0) + 1, Math.floor(clock.now()))
      store(call, { kind: 'open', name, value, sequence }, wanted)
    },
    signed(ticket, signature) {
      const one = signing.get(ticket)
      signing.delete(ticket)
      if (one) store(one.call, { ...one.unsigned, signature }, one.wanted)
    },
    republish(key, { ttlMs, copies }) {
      const record = keeper.held(key)?.record
      if (!record || (record.kind === 'mutable' && record.publisher !== init.self)) return false
      const again = { value: record.value, ttlMs, spread: 0, replicas: copies }
      if (record.kind === 'immutable') store(ourselves, record, { type: 'put', ...again })
      else if (record.kind === 'open') store(ourselves, record, { type: 'put-open', name: record.name, ...again })
      else {
        const { name } = record
        publish(ourselves, { type: 'publish', name, sequence: undefined, ifSequence: undefined, ...again })
      }
      return true
    },
    cancel(call) {
      for (const [ticket, one] of signing) if (one.call === call) signing.delete(ticket)
    },
  }
}
