/**
 * @module apps/providers/own
 * What we provide ourselves: signs a record for each key, sends it out, and does so again before it dies, for as long as the node runs, and after a start from disk; withdraws it
 * when that is wanted. Signing is a question to the auth service, so a record waits as state until `signed` comes. Not here: what others provide.
 */
import { noBytes } from '../../bytes.ts'
import type { Clock } from '../../clock.ts'
import type { ErrorCode } from '../../errors.ts'
import type { PeerId } from '../../identity/peer-id.ts'
import { decodePeerRecord } from '../../identity/peer-record.ts'
import type { Random } from '../../random.ts'
import { createTickets, ticketsBelow } from '../../tickets.ts'
import * as defaults from './defaults.ts'
import type { KeptProviders, Provision } from './kept-providers.ts'
import { encodeProvider, signedFields, type ProviderRecord } from './provider-record.ts'
import type { ProviderTable } from './table.ts'

/** How far a record went. */
export interface ProvideOutcome {
  /** Hops outward that were asked for. */
  readonly hops: number
  /** Peers that it was sent to directly; each passes it on if it is news there. 0: nobody is connected. */
  readonly sent: number
}

/** A key to provide. */
export interface Provide {
  /** 52 letters. */
  readonly key: string
  readonly note: Uint8Array
  /** @default 3 hours */
  readonly ttlMs: number | undefined
  /** Hops outward. @default 1 */
  readonly spread: number | undefined
  /** Not at once, but with those that are due, some at a time. @default false */
  readonly isPaced?: boolean | undefined
}

/** Told once: it went out, or could not. */
export type Provided = (
  outcome:
    | { readonly ok: true; readonly expiresAtMs: number; readonly spread: ProvideOutcome }
    | { readonly ok: false; readonly code: ErrorCode; readonly message: string }
) => void

/** What providing needs of its service. */
export interface OwnInit {
  readonly self: PeerId
  readonly anonymous: boolean
  readonly clock: Clock
  readonly random: Random
  readonly table: ProviderTable
  readonly maxTtlMs: number
  readonly maxProvided: number
  /** Where what we provide outlives us. */
  readonly kept?: Pick<KeptProviders, 'keepOwn' | 'forgetOwn'> | undefined
  /** Keys that go out again at a time. */
  readonly batch: number
  readonly sign: (ticket: number, fields: readonly Uint8Array[]) => void
  /** Sends a record outward; `done` is called once. */
  readonly spread: (key: string, body: Uint8Array, hops: number, done: (outcome: ProvideOutcome) => void) => void
  /** Wants `tick` to be called in `delayMs`. */
  readonly wake: (delayMs: number) => void
}

/** Our own provider records. */
export interface OwnProviders {
  /** Provides a key from now on, or anew. `done` is called once, when the first record went out. */
  provide(wanted: Provide, done: Provided): void
  /** Provides a key no longer. False: we did not, and `done` is not called. */
  withdraw(key: string, done: Provided): boolean
  /** An earlier run provided it, and nobody withdrew it. */
  recall(own: Provision): void
  has(key: string): boolean
  /** Our PeerRecord: at a new address everything goes out again. */
  self(record: Uint8Array): void
  /** Somebody is there: what reached nobody goes out again. */
  online(): void
  /** False: it was no ticket of ours. */
  signed(ticket: number, signature: Uint8Array): boolean
  /** Time has passed. */
  tick(): void
  readonly size: number
}

interface Own {
  readonly wanted: Provide
  readonly ttlMs: number
  readonly hops: number
  /** Who waits for it to go out. */
  readonly done: Provided[]
  /** When the last record that went out dies, in milliseconds since 1970; 0: none did. */
  lastExpiresAtMs: number
  dueMs: number
  isSigning: boolean
  /** Went out, but to nobody. */
  isUnheard: boolean
}

interface Signing {
  readonly unsigned: Omit<ProviderRecord, 'signature'>
  readonly hops: number
  /** What it is a record of; a withdrawal is of nothing, and `done` waits for it. */
  readonly own: Own | undefined
  readonly done: readonly Provided[]
}

/** Tickets of ours are above those that the rest of an app's service gives. */
const firstTicket = ticketsBelow

/** Provides nothing yet. */
export function createOwnProviders(init: OwnInit): OwnProviders {
  const { clock, table } = init
  const owned = new Map<string, Own>()
  const signing = new Map<number, Signing>()
  let peerRecord: Uint8Array | undefined
  const nextTicket = createTickets(init.random)
  let lastSequence = 0

  /** Asks for the signature of a record that comes after all before it. */
  const sign = (
    facts: Pick<ProviderRecord, 'key' | 'peerRecord' | 'expiresAtMs' | 'withdrawn' | 'note'>,
    one: Omit<Signing, 'unsigned'>
  ): void => {
    const before = table.get(facts.key, init.self)?.record.sequence ?? 0
    lastSequence = Math.max(lastSequence + 1, before + 1, Math.floor(clock.now()))
    const unsigned = { ...facts, provider: init.self, sequence: lastSequence }
    const ticket = firstTicket + nextTicket()
    signing.set(ticket, { ...one, unsigned })
    init.sign(ticket, signedFields(unsigned))
  }
  const renew = (key: string, own: Own, mine: Uint8Array): void => {
    const { ttlMs, hops, wanted } = own
    own.isSigning = true
    own.isUnheard = false
    own.dueMs = clock.monotonicMs() + ttlMs / defaults.republishShare
    const expiresAtMs = Math.floor(clock.now() + ttlMs)
    sign({ key, peerRecord: mine, expiresAtMs, withdrawn: false, note: wanted.note }, { own, hops, done: [] })
  }
  const soon = (): void => init.wake(defaults.batchMs)
  const keep = (key: string, { wanted, ttlMs, hops, lastExpiresAtMs }: Own): void =>
    init.kept?.keepOwn({ key, note: wanted.note, ttlMs, hops, lastExpiresAtMs }, clock.now() + defaults.keptMs)

  return {
    has: (key) => owned.has(key),
    provide(wanted, done) {
      const before = owned.get(wanted.key)
      const refused = refusal(init, wanted, before ? 0 : owned.size)
      if (refused) return done({ ok: false, ...refused })
      const { key, ttlMs = defaults.ttlMs, spread: hops = defaults.spread } = wanted
      // Who waits for the one before waits for this one: what was being signed is dropped when it comes.
      const waiting = [...(before?.done ?? []), done]
      const { lastExpiresAtMs = 0 } = before ?? {}
      const own: Own = {
        wanted,
        ttlMs,
        hops,
        done: waiting,
        lastExpiresAtMs,
        dueMs: 0,
        isSigning: false,
        isUnheard: false,
      }
      owned.set(key, own)
      keep(key, own)
      if (peerRecord === undefined) return
      const isPaced = wanted.isPaced === true
      if (!isPaced && signing.size < defaults.maxSigning) renew(key, own, peerRecord)
      init.wake(isPaced ? defaults.batchMs : defaults.grainMs)
    },
    recall({ key, note, ttlMs, hops, lastExpiresAtMs }) {
      if (owned.has(key) || init.anonymous || owned.size >= init.maxProvided) return
      const wanted = { key, note, ttlMs, spread: hops }
      owned.set(key, { wanted, ttlMs, hops, done: [], lastExpiresAtMs, dueMs: 0, isSigning: false, isUnheard: false })
      soon()
    },
    withdraw(key, done) {
      const own = owned.get(key)
      if (!own) return false
      owned.delete(key)
      init.kept?.forgetOwn(key)
      for (const waiting of own.done)
        waiting({ ok: false, code: 'MYDHT_OUTDATED', message: `${key} was withdrawn before its record went out` })
      const { lastExpiresAtMs } = own
      // What never left, or is dead, needs no withdrawal.
      if (lastExpiresAtMs <= clock.now() || peerRecord === undefined) {
        done({ ok: true, expiresAtMs: clock.now(), spread: { hops: own.hops, sent: 0 } })
        return true
      }
      const facts = { key, peerRecord, expiresAtMs: lastExpiresAtMs, withdrawn: true, note: noBytes }
      sign(facts, { own: undefined, hops: own.hops, done: [done] })
      return true
    },
    self(record) {
      const moved = peerRecord === undefined || addressesOf(record) !== addressesOf(peerRecord)
      peerRecord = record.slice()
      if (!moved || owned.size === 0) return
      for (const own of owned.values()) own.dueMs = 0
      soon()
    },
    online() {
      let any = false
      for (const own of owned.values()) {
        if (!own.isUnheard) continue
        own.isUnheard = false
        own.dueMs = 0
        any = true
      }
      if (any) soon()
    },
    signed(ticket, signature) {
      const one = signing.get(ticket)
      if (!one) return ticket >= firstTicket
      signing.delete(ticket)
      const { own, unsigned, hops } = one
      const { key, expiresAtMs } = unsigned
      // Provided anew, or withdrawn, meanwhile.
      if (own && owned.get(key) !== own) return true
      if (own) own.isSigning = false
      const waiting = own ? own.done.splice(0) : one.done
      const record: ProviderRecord = { ...unsigned, signature }
      table.keep({ record, expiresAtMs, by: undefined, block: undefined })
      if (own) {
        own.lastExpiresAtMs = Math.max(own.lastExpiresAtMs, expiresAtMs)
        keep(key, own)
      }
      init.spread(key, encodeProvider(expiresAtMs - clock.now(), record), hops, (spread) => {
        if (own) own.isUnheard = spread.sent === 0 && hops > 0
        for (const done of waiting) done({ ok: true, expiresAtMs, spread })
      })
      return true
    },
    tick() {
      if (owned.size === 0 || peerRecord === undefined) return
      const nowMs = clock.monotonicMs()
      let left = init.batch
      let nextMs = Infinity
      for (const [key, own] of owned) {
        if (own.isSigning) continue
        if (own.dueMs > nowMs) nextMs = Math.min(nextMs, own.dueMs)
        else if (left > 0 && signing.size < defaults.maxSigning) {
          left--
          renew(key, own, peerRecord)
          nextMs = Math.min(nextMs, own.dueMs)
        } else nextMs = 0
      }
      // Many that are due at once go out in goes; else the time is looked at now and then.
      init.wake(nextMs === 0 ? defaults.batchMs : Math.max(defaults.grainMs, nextMs - nowMs))
    },
    get size() {
      return owned.size
    },
  }
}

function refusal(
  init: OwnInit,
  { note, ttlMs = defaults.ttlMs }: Provide,
  size: number
): { readonly code: ErrorCode; readonly message: string } | undefined {
  if (init.anonymous)
    return { code: 'MYDHT_BAD_CONFIG', message: 'nobody can be a provider in mode anonymous: peers have no addresses' }
  if (note.length > defaults.maxNoteBytes)
    return { code: 'MYDHT_LIMIT', message: `the note has ${note.length} bytes: give at most ${defaults.maxNoteBytes}` }
  if (!(ttlMs > 0 && ttlMs <= init.maxTtlMs))
    return { code: 'MYDHT_LIMIT', message: `ttlMs is ${ttlMs}: give more than 0 and at most ${init.maxTtlMs}` }
  if (size >= init.maxProvided)
    return { code: 'MYDHT_FULL', message: `${size} keys are provided already: withdraw some first` }
  return undefined
}

function addressesOf(record: Uint8Array): string {
  const decoded = decodePeerRecord(record)
  return decoded.ok ? decoded.value.addresses.join(' ') : ''
}
