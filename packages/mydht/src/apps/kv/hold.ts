/**
 * @module apps/kv/hold
 * The holder's side: others ask us to keep a record. We keep what is true, wanted, near to us and within quotas; copies to be cached live the shorter,
 * the farther we are from their key. Not here: who asks whom (`holders.ts`).
 */
import { noBytes } from '../../bytes.ts'
import type { PeerId } from '../../identity/peer-id.ts'
import type { PeerRef } from '../../identity/peer-ref.ts'
import type { AppMessage, RequestMessage } from '../../wire/messages.ts'
import { nearShare } from '../defaults.ts'
import { createCountNearer } from '../nearer.ts'
import { respond } from '../requests.ts'
import type { Acknowledgements } from './acknowledge.ts'
import * as defaults from './defaults.ts'
import { decodeHold, encodeOutcome, type HoldOutcome, type HoldRequest } from './hold-messages.ts'
import type { Keeper } from './keep.ts'
import { keyToBytes } from './key.ts'
import { sequenceOf } from './records.ts'
import { isValid, type ValidRecord, type Validator } from './validate.ts'

/** What holding needs of its service. */
export interface HoldInit {
  readonly self: PeerId
  readonly keeper: Keeper
  readonly acknowledgements: Acknowledgements
  readonly validator: Validator
  /** How many nearest peers hold a record. */
  readonly width: number
  /** The public address block of a connected peer. */
  readonly blockOf: (peer: PeerId) => string | undefined
  /** Records of the `count` nearest contacts to a key that we know, nearest first, without `except`. */
  readonly nearest: (
    key: Uint8Array,
    count: number,
    except: readonly PeerId[],
    take: (records: readonly Uint8Array[]) => void
  ) => void
  readonly send: (to: PeerRef, message: AppMessage) => void
  /** The key of what looks like a provider record. */
  readonly providerKey: (record: Uint8Array) => Uint8Array | undefined
  /** Keeps a provider record if it is true. */
  readonly provider: (record: Uint8Array, from: PeerRef) => HoldOutcome
  /** Whether a peer had us check in vain so often that it is not listened to for a while; and that it has done so again. */
  readonly isIgnored: (peer: PeerRef) => boolean
  readonly blame: (peer: PeerRef) => void
  /** A record was refused, or did not fit. */
  readonly count: (what: 'refused' | 'full') => void
  /** Somebody had us keep this record, or brought it again. */
  readonly kept: (valid: ValidRecord) => void
}

type RecordRequest = Exclude<HoldRequest, { readonly type: 'provider' }>

/** Answers requests. */
export interface Hold {
  request(from: PeerRef, message: RequestMessage): void
}

/** Makes it. */
export function createHold(init: HoldInit): Hold {
  const { acknowledgements, keeper, validator, width } = init
  /** So many others may be nearer: nobody knows all that the asker knows, and some whom we know are gone. */
  const near = Math.ceil(width * nearShare)

  const keep = (from: PeerRef, request: RecordRequest, valid: ValidRecord, nearer: number): HoldOutcome => {
    const block = init.blockOf(from.id)
    if (request.type === 'cache') {
      // Halves with each quarter of the neighbourhood between us and the key.
      const mostMs = defaults.cacheMs / 2 ** Math.floor((4 * nearer) / width)
      return outcomeOf(keeper.cache(valid, from.id, block, mostMs))
    }
    if (nearer >= near) return 'far'
    const before = keeper.held(valid.key)
    if (request.ifSequence !== undefined && !keeper.isCached(valid.key)) {
      const sequence = before ? sequenceOf(before.record) : 0
      const same = before !== undefined && sequence === sequenceOf(valid.record)
      if (sequence !== request.ifSequence && !same) return 'conflict'
    }
    const outcome = outcomeOf(keeper.keep(valid, from.id, block, { type: 'hold' }))
    if (outcome === 'kept' || outcome === 'known') init.kept(valid)
    return outcome
  }

  const countNearer = createCountNearer(init.self, near, init.nearest)

  return {
    request(from, message) {
      const request = decodeHold(message.body)
      const no = (status: 'refused' | 'busy'): void => init.send(from, respond(message, status, noBytes))
      const answer = (outcome: HoldOutcome): void => {
        if (outcome === 'refused' || outcome === 'full') init.count(outcome)
        init.send(from, respond(message, 'ok', encodeOutcome(outcome)))
      }
      /** Of what is a promise: it is given when it can be kept. What was known may still be on its way to the disk. */
      const promise = (outcome: HoldOutcome): void => {
        if (outcome !== 'kept' && outcome !== 'known') answer(outcome)
        else acknowledgements.whenKept((isDurable) => (isDurable ? answer(outcome) : no('busy')))
      }
      if (!request || init.isIgnored(from)) return no('refused')
      if (request.type !== 'cache' && acknowledgements.isFull) return no('busy')
      if (request.type === 'provider') {
        const record = request.record.slice()
        const of = init.providerKey(record)
        if (of === undefined) answer('refused')
        else countNearer(from, of, (nearer) => promise(nearer >= near ? 'far' : init.provider(record, from)))
        return
      }
      // What comes are views, and the route is asked before they are kept.
      const valid = validator.proven(request.carried.slice(), undefined)
      if (valid === 'false') init.blame(from)
      if (!isValid(valid) || !validator.wanted(valid.record, valid.key)) {
        answer('refused')
        return
      }
      const key = keyToBytes(valid.key)
      const told = request.type === 'cache' ? answer : promise
      countNearer(from, key, (nearer) => told(keep(from, request, valid, nearer)))
    },
  }
}

function outcomeOf(kept: ReturnType<Keeper['keep']>): HoldOutcome {
  switch (kept) {
    case 'news':
      return 'kept'
    case 'older':
      return 'newer'
    case 'busy':
      return 'full'
    case 'known':
    case 'full':
      return kept
  }
}
