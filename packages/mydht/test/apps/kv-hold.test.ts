/** The two ends of holding a record: what a reader repairs and has cached, and what a holder takes. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createAcknowledgements } from '../../src/apps/kv/acknowledge.ts'
import { endGet, type Get } from '../../src/apps/kv/gets.ts'
import { createHold } from '../../src/apps/kv/hold.ts'
import { decodeHold, decodeOutcome, encodeHold, type HoldRequest } from '../../src/apps/kv/hold-messages.ts'
import { createKeeper } from '../../src/apps/kv/keep.ts'
import { keyToBytes, openKey } from '../../src/apps/kv/key.ts'
import { createRecordRules } from '../../src/apps/kv/namespaces.ts'
import { compareRecords, encodeCarried, encodeRecord, keyOfRecord, type KvRecord } from '../../src/apps/kv/records.ts'
import { createValidator, type ValidRecord } from '../../src/apps/kv/validate.ts'
import { utf8Bytes } from '../../src/bytes.ts'
import { peerRef } from '../../src/identity/peer-ref.ts'
import { silent } from '../../src/log.ts'
import { realise } from '../../src/part.ts'
import type { AskOutcome } from '../../src/queries/query.ts'
import { compareDistance } from '../../src/routes/xor.ts'
import { memory } from '../../src/stores/memory.ts'
import { virtualClock } from '../../src/testing/virtual-clock.ts'
import type { ResponseMessage } from '../../src/wire/messages.ts'
import { someone } from '../helpers/search-net.ts'

const hour = 3_600_000
const open = (sequence: number, name = 'n'): KvRecord => ({ kind: 'open', name, value: utf8Bytes('v'), sequence })

describe('a reader', () => {
  const valid = (record: KvRecord): ValidRecord => ({
    key: keyOfRecord(record),
    record,
    bytes: encodeRecord(record),
    expiresAtMs: hour,
  })
  const closest = [0, 1, 2, 3].map((n) => ({ id: someone(n).id, peer: peerRef(someone(n).id), record: undefined }))
  const outcome: AskOutcome = { reason: 'complete', answers: 1, sent: 4, notFound: 0, failed: 0, invalid: 0, closest }

  /** What a read leads to: `held` says what each of the nearest answered. */
  function read(quorum: number, held: readonly (number | undefined)[], copies = 4, ended = outcome) {
    const given: (readonly [peers: readonly string[], type: HoldRequest['type']])[] = []
    const found = held.flatMap((sequence, n) => {
      if (sequence === undefined) return []
      const { id } = someone(n)
      return [{ valid: valid(open(sequence)), answer: { from: id, via: id, hops: 1, body: new Uint8Array(0) } }]
    })
    const get: Get = { key: openKey('n'), quorum, found }
    const give = (peers: readonly { readonly id: string }[], request: HoldRequest): void =>
      void given.push([peers.map(({ id }) => id), request.type])
    const reply = endGet({ now: () => 0, compare: compareRecords, copies, give, refresh: () => {} }, get, ended)
    return { reply, given }
  }

  test('that finds nothing, or knows of no holders, gives nothing', () => {
    assert.equal(read(1, []).reply.type, 'absent')
    assert.deepEqual(read(1, []).given, [])
    assert.deepEqual(read(3, [1, 2], 0).given, [])
    assert.deepEqual(read(3, [1, 2], 4, { ...outcome, closest: undefined }).given, [])
  })

  test('of one answer has the nearest that had none cache it', () => {
    assert.deepEqual(read(1, [undefined, 1]).given, [[[someone(0).id], 'cache']])
    assert.deepEqual(read(1, [1]).given, [[[someone(1).id], 'cache']])
  })

  test('of a quorum gives the newest to who held an older one, or none among the nearest', () => {
    const { reply, given } = read(3, [1, 3, undefined, 3])
    assert.ok(reply.type === 'hit')
    assert.deepEqual([reply.record, reply.holders], [open(3), 3])
    assert.deepEqual(given, [[[someone(0).id, someone(2).id], 'keep']])
    assert.deepEqual(read(3, [1, 3, undefined, 3], 2).given, [[[someone(0).id], 'keep']])
  })
})

describe('a holder', () => {
  /** A node, its neighbours by distance to the key of `record`, and how many of them are nearer than it. */
  function made(record: KvRecord, nearer: number, flush?: Parameters<typeof createAcknowledgements>[1], width = 4) {
    const clock = virtualClock()
    const target = keyToBytes(keyOfRecord(record))
    const all = Array.from({ length: 30 }, (_, n) => someone(n)).toSorted((a, b) =>
      compareDistance(target, a.key, b.key)
    )
    const self = all[nearer]
    assert.ok(self)
    const others = all.filter((one) => one !== self)
    const keeper = createKeeper(realise(memory())({ clock, log: silent }), clock, undefined)
    const counted: string[] = []
    const blamed: string[] = []
    const said: ResponseMessage[] = []
    const options = { open: true }
    const hold = createHold({
      self: self.id,
      keeper,
      acknowledgements: createAcknowledgements(2, flush),
      validator: createValidator({
        app: 'kv',
        network: 'test',
        clock,
        options,
        rules: createRecordRules(options, silent),
      }),
      providerKey: () => target,
      isIgnored: () => blamed.length >= 3,
      blame: ({ id }) => void blamed.push(id),
      provider: () => 'kept',
      width,
      blockOf: () => undefined,
      nearest: (_key, count, except, take) =>
        take(
          others
            .filter(({ id }) => !except.includes(id))
            .slice(0, count)
            .map((one) => one.record)
        ),
      send: (_to, message) => void (message.type === 'response' && said.push(message)),
      count: (what) => void counted.push(what),
      kept: () => {},
    })
    const asker = others.at(-1)
    assert.ok(asker)
    const ask = (request: HoldRequest | Uint8Array): ResponseMessage | undefined => {
      const body = request instanceof Uint8Array ? request : encodeHold(request)
      hold.request(peerRef(asker.id), { type: 'request', app: 'kv', id: 1, body })
      return said.at(-1)
    }
    const keep = (one: KvRecord, ifSequence?: number, remainingMs = 24 * hour): string | undefined => {
      const carried = encodeCarried(remainingMs, encodeRecord(one))
      const response = ask({ type: 'keep', carried, ifSequence })
      return response && decodeOutcome(response.body)
    }
    return { clock, keeper, ask, keep, said, counted, blamed, key: keyOfRecord(record) }
  }

  test('refuses what is no request, and what is not true', () => {
    const { ask, counted } = made(open(1), 0)
    assert.equal(ask(new Uint8Array(3))?.status, 'refused')
    const rubbish = ask({ type: 'keep', carried: new Uint8Array(9), ifSequence: undefined })
    assert.equal(rubbish && decodeOutcome(rubbish.body), 'refused')
    assert.deepEqual(counted, ['refused'])
    const request: HoldRequest = { type: 'keep', carried: Uint8Array.of(1), ifSequence: 3 }
    const body = encodeHold(request)
    assert.deepEqual(decodeHold(body), request)
    for (let i = 0; i < body.length; i++) assert.equal(decodeHold(body.subarray(0, i)), undefined)
  })

  test('blames whoever has it check in vain, and does not listen to him when that is too often', () => {
    const { ask, keep, blamed } = made(open(1), 0)
    const forged: KvRecord = {
      kind: 'mutable',
      publisher: someone(1).id,
      name: 'n',
      value: new Uint8Array(1),
      sequence: 1,
      expiresAtMs: 2 ** 42,
      signature: new Uint8Array(64),
    }
    for (let i = 0; i < 3; i++) assert.equal(keep(forged), 'refused')
    assert.equal(blamed.length, 3)
    const carried = encodeCarried(hour, encodeRecord(open(1)))
    assert.equal(ask({ type: 'keep', carried, ifSequence: undefined })?.status, 'refused')
  })

  test('blames nobody for what may be true elsewhere: dead by our clock, longer than we keep, of another kind', () => {
    const { keep, blamed, counted } = made(open(1), 0)
    assert.equal(keep(open(1), undefined, 0), 'refused')
    assert.equal(keep({ ...open(1), value: new Uint8Array(65_537) }), 'refused')
    assert.equal(keep(open(2 ** 50)), 'refused')
    assert.deepEqual([blamed, counted.length], [[], 3])
  })

  test('says that it holds a record when the disk has it, and says at once what is no promise', () => {
    const flushes: ((isDurable: boolean) => void)[] = []
    const { keep, ask, said } = made(open(1), 0, (told) => void flushes.push(told))
    keep(open(5))
    assert.equal(said.length, 0)
    assert.equal(keep(open(4)), 'newer')
    const copy = ask({ type: 'cache', carried: encodeCarried(hour, encodeRecord(open(5))) })
    assert.equal(copy && decodeOutcome(copy.body), 'known')
    // What is known may be on its way to the disk: it waits too, for the next write.
    assert.equal(said.length, 2)
    keep(open(5))
    assert.equal(said.length, 2)
    // So many wait: the third hears that we are busy, and nothing is kept.
    ask({ type: 'keep', carried: encodeCarried(hour, encodeRecord(open(6))), ifSequence: undefined })
    assert.deepEqual([said.length, said.at(-1)?.status], [3, 'busy'])
    flushes.shift()?.(true)
    assert.deepEqual(said.map(({ body }) => decodeOutcome(body)).at(-1), 'kept')
    flushes.shift()?.(false)
    assert.deepEqual([said.length, said.at(-1)?.status], [5, 'busy'])
    const provider = ask({ type: 'provider', record: Uint8Array.of(1) })
    assert.equal(provider?.status, 'busy', 'the answer before: this one waits')
    flushes.shift()?.(true)
    assert.equal(decodeOutcome(said.at(-1)?.body ?? new Uint8Array(0)), 'kept')
  })

  test('takes only keys that it is near to', () => {
    for (const [nearer, outcome] of [
      [0, 'kept'],
      [5, 'kept'],
      [6, 'far'],
      [20, 'far'],
    ] as const) {
      const { keep, keeper, ask, key } = made(open(1), nearer)
      assert.equal(keep(open(1)), outcome)
      assert.equal(keeper.held(key) !== undefined, outcome === 'kept')
      const provider = ask({ type: 'provider', record: Uint8Array.of(1) })
      assert.equal(provider && decodeOutcome(provider.body), outcome)
    }
  })

  test('says what it has: the same, a newer one, another sequence than was expected', () => {
    const { keep } = made(open(1), 0)
    assert.equal(keep(open(5), 4), 'conflict')
    assert.equal(keep(open(5), 0), 'kept')
    assert.equal(keep(open(5)), 'known')
    assert.equal(keep(open(5), 0), 'known')
    assert.equal(keep(open(4)), 'newer')
    assert.equal(keep(open(7), 6), 'conflict')
    assert.equal(keep(open(7), 5), 'kept')
  })

  test('caches from any distance, for a time that shrinks with it, and a copy is no sequence to compare', () => {
    const lives: number[] = []
    for (const nearer of [0, 1, 3, 5, 20]) {
      const { ask, clock, keeper, key, keep } = made(open(1), nearer)
      const carried = encodeCarried(24 * hour, encodeRecord(open(1)))
      const response = ask({ type: 'cache', carried })
      assert.equal(response && decodeOutcome(response.body), 'kept')
      lives.push((keeper.held(key)?.expiresAtMs ?? 0) - clock.now())
      assert.equal(keeper.isCached(key), true)
      assert.equal(keep(open(2), 0), nearer < 6 ? 'kept' : 'far')
    }
    assert.deepEqual(
      lives,
      [1, 2, 8, 32, 64].map((part) => hour / part)
    )
  })
})
