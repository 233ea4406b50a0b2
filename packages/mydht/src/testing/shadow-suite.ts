/**
 * @module testing/shadow-suite
 * What every shadow must pass, with the runner passed in. For shadows that seal nothing the tests of tampering are left out, by `sealed`.
 */
import assert from 'node:assert/strict'
import { seededRandom } from '../random.ts'
import type { Random } from '../random.ts'
import type { Role, Shadow, ShadowFactory, ShadowHandshake, ShadowSetup } from '../shadows/shadow.ts'

/** What the suite runs on. */
export interface ShadowSuite {
  /** node:test's, or one like it. */
  readonly test: (name: string, run: () => void) => unknown
  readonly name: string
  /** Makes the shadow; with `rekeyAfterRecords`, one that changes keys that often (ignored by a shadow without keys). */
  readonly create: (options: { readonly rekeyAfterRecords?: number }) => ShadowFactory
}

const text = new TextEncoder()
const maxHandshakeMessageBytes = 2048
const maxRecordBytes = 65_535

/** Registers the tests. */
export function shadowSuite({ test, name, create }: ShadowSuite): void {
  const check = (title: string, run: () => void): void => void test(`${name}: ${title}`, run)
  const random = seededRandom(7)
  const make = (setup: Partial<ShadowSetup> = {}, rekeyAfterRecords?: number): Shadow =>
    create(rekeyAfterRecords === undefined ? {} : { rekeyAfterRecords })({
      network: 'suite',
      staticSecret: random.bytes(32),
      ...setup,
    })
  const begin = (shadow: Shadow, role: Role, prologue = 'prologue', source: Random = random): ShadowHandshake =>
    shadow.begin({ role, prologue: text.encode(prologue), random: source })
  const alice = make()
  const bob = make()
  const pair = (): Ends => ({ initiator: begin(alice, 'initiator'), responder: begin(bob, 'responder') })
  const sealed = alice.sealed

  check('three messages bring their payloads across, with the same fresh bindings on both sides', () => {
    const seen = new Set<string>()
    for (let round = 0; round < 3; round++) {
      const ends = pair()
      for (const [i, payload] of ['', 'the second', 'the third'].entries()) {
        const { from, to } = turn(ends, i)
        const binding = from.bindingBeforeWrite()
        const got = to.read(from.write(text.encode(payload)))
        assert.deepEqual(got?.payload, text.encode(payload))
        assert.deepEqual(got?.binding, binding)
        assert.ok(binding.length >= 32)
        // Before message 1 nothing fresh has been said.
        if (i > 0) seen.add(Buffer.from(binding).toString('hex'))
      }
      assert.deepEqual(ends.initiator.remoteStaticKey, ends.responder.staticKey)
      assert.deepEqual(ends.responder.remoteStaticKey, ends.initiator.staticKey)
    }
    assert.equal(seen.size, 6)
  })

  check('the binding depends on what either side said at random', () => {
    for (const changed of ['initiator', 'responder'] as const) {
      const third = (seed: number): Uint8Array => {
        const sources = { initiator: seededRandom(1), responder: seededRandom(2), [changed]: seededRandom(seed) }
        const ends = {
          initiator: begin(alice, 'initiator', 'p', sources.initiator),
          responder: begin(bob, 'responder', 'p', sources.responder),
        }
        deliver(ends, 2)
        return ends.initiator.bindingBeforeWrite()
      }
      assert.deepEqual(third(3), third(3))
      assert.notDeepEqual(third(3), third(4))
    }
  })

  check('secrets cross over: what one sends the other receives', () => {
    const ends = pair()
    deliver(ends, 3)
    const ours = ends.initiator.finish()
    const theirs = ends.responder.finish()
    assert.deepEqual(ours.send, theirs.receive)
    assert.deepEqual(ours.receive, theirs.send)
    if (sealed) assert.notDeepEqual(ours.send, ours.receive)
  })

  check('what is read is neither changed nor kept', () => {
    // A Buffer too: sockets give them, and their `slice` is a view where that of a Uint8Array is a copy.
    for (const wrap of [(bytes: Uint8Array) => bytes, (bytes: Uint8Array) => Buffer.from(bytes)]) {
      const ends = pair()
      for (let i = 0; i < 3; i++) {
        const { from, to } = turn(ends, i)
        const message = wrap(from.write(text.encode('payload')))
        const before = [...message]
        const got = to.read(message)
        assert.deepEqual([...message], before)
        message.fill(0xff)
        assert.deepEqual(got?.payload, text.encode('payload'))
      }
      assert.deepEqual(ends.initiator.finish().send, ends.responder.finish().receive)
    }
  })

  check('calls out of order are a TypeError and change nothing', () => {
    const ends = pair()
    const { initiator, responder } = ends
    assert.throws(() => initiator.read(new Uint8Array(64)), TypeError)
    assert.throws(() => responder.write(new Uint8Array(0)), TypeError)
    assert.throws(() => responder.bindingBeforeWrite(), TypeError)
    assert.throws(() => initiator.finish(), TypeError)
    deliver(ends, 1)
    assert.throws(() => initiator.write(new Uint8Array(0)), TypeError)
    assert.throws(() => responder.read(new Uint8Array(64)), TypeError)
    const second = responder.write(new Uint8Array(0))
    assert.ok(initiator.read(second))
    assert.ok(responder.read(initiator.write(new Uint8Array(0))))
    assert.throws(() => initiator.write(new Uint8Array(0)), TypeError)
    assert.throws(() => responder.read(second), TypeError)
    initiator.finish()
    assert.throws(() => initiator.finish(), TypeError)
  })

  check('a truncated or too long message fails for good', () => {
    for (let i = 0; i < 3; i++) {
      const whole = messageOf(pair(), i)
      const shorter = Array.from({ length: sealed ? whole.length : i < 2 ? 32 : 0 }, (_, length) =>
        whole.subarray(0, length)
      )
      for (const bad of [...shorter, new Uint8Array(maxHandshakeMessageBytes + 1), new Uint8Array(70_000)]) {
        // Message 1 in clear may be cut inside its payload without anybody noticing until the bindings differ.
        if (i === 0 && bad.length < whole.length && bad.length >= 32) continue
        const ends = pair()
        deliver(ends, i)
        const { from, to } = turn(ends, i)
        const good = from.write(text.encode('payload'))
        assert.equal(to.read(bad), undefined, `message ${i + 1} of ${bad.length} bytes`)
        assert.equal(to.read(good), undefined)
        assert.throws(() => to.write(new Uint8Array(0)), TypeError)
        assert.throws(() => to.bindingBeforeWrite(), TypeError)
        assert.throws(() => to.finish(), TypeError)
      }
    }
  })

  check('a payload that does not fit is a TypeError', () => {
    const { initiator } = pair()
    assert.throws(() => initiator.write(new Uint8Array(maxHandshakeMessageBytes + 1)), TypeError)
    assert.ok(initiator.write(new Uint8Array(0)).length <= maxHandshakeMessageBytes)
  })

  check('another prologue makes the bindings differ', () => {
    const ends = { initiator: begin(alice, 'initiator', 'one'), responder: begin(bob, 'responder', 'two') }
    assert.notDeepEqual(ends.initiator.bindingBeforeWrite(), begin(alice, 'initiator', 'two').bindingBeforeWrite())
    if (!sealed) return
    const second =
      ends.responder.read(ends.initiator.write(new Uint8Array(0))) && ends.responder.write(new Uint8Array(0))
    if (second !== undefined) assert.equal(ends.initiator.read(second), undefined)
  })

  check('records come out in order, in place and from elsewhere alike', () => {
    for (const rekeyAfterRecords of [1, 2, 3, undefined]) {
      const [seal, open] = channel(make({}, rekeyAfterRecords), make({}, rekeyAfterRecords), begin)
      const [twin] = channel(make({}, rekeyAfterRecords), make({}, rekeyAfterRecords), begin)
      assert.equal(twin.overhead, seal.overhead)
      for (const size of [0, 1, 100, 1000, 0, maxRecordBytes - seal.overhead]) {
        const plain = random.bytes(size)
        const slab = new Uint8Array(size + seal.overhead + 5).fill(9)
        const inPlace = slab.subarray(2, 2 + size)
        if (size % 2 === 0) inPlace.set(plain)
        const end = seal.seal(size % 2 === 0 ? inPlace : plain, slab, 2)
        assert.equal(end, 2 + size + seal.overhead)
        assert.deepEqual([slab[0], slab[1], ...slab.subarray(end)], [9, 9, 9, 9, 9])
        if (sealed && size > 8) assert.notDeepEqual(slab.slice(2, 2 + size), plain)
        assert.deepEqual(open.open(slab.subarray(2, end)), plain)
      }
    }
  })

  check('sealing in place and from elsewhere give the same bytes', () => {
    const seeds = (): readonly [Shadow, Shadow] => [
      make({ staticSecret: new Uint8Array(32).fill(1) }, 2),
      make({ staticSecret: new Uint8Array(32).fill(2) }, 2),
    ]
    const same = (shadow: Shadow, role: Role): ShadowHandshake => begin(shadow, role, 'p', seededRandom(11))
    const [one] = channel(...seeds(), same)
    const [two] = channel(...seeds(), same)
    for (let i = 0; i < 7; i++) {
      const plain = random.bytes(50)
      const a = new Uint8Array(50 + one.overhead)
      const b = new Uint8Array(50 + two.overhead)
      b.set(plain)
      one.seal(plain, a, 0)
      two.seal(b.subarray(0, 50), b, 0)
      assert.deepEqual(a, b)
    }
  })

  check('a record that is too long is refused on both ways', () => {
    const [seal, open] = channel(alice, bob, begin)
    const tooLong = new Uint8Array(maxRecordBytes - seal.overhead + 1)
    assert.throws(() => seal.seal(tooLong, new Uint8Array(70_000), 0), TypeError)
    assert.throws(() => seal.seal(new Uint8Array(10), new Uint8Array(9 + seal.overhead), 0), TypeError)
    const slab = new Uint8Array(10 + seal.overhead)
    seal.seal(new Uint8Array(10), slab, 0)
    assert.ok(open.open(slab), 'a refused seal used no number up')
    assert.equal(open.open(new Uint8Array(maxRecordBytes + 1)), undefined)
    seal.seal(new Uint8Array(10), slab, 0)
    assert.equal(open.open(slab), undefined, 'dead after the first failure')
  })

  if (sealed) sealedTests(check, { pair, make, begin })
}

interface Ends {
  readonly initiator: ShadowHandshake
  readonly responder: ShadowHandshake
}

type Begin = (shadow: Shadow, role: Role) => ShadowHandshake

interface Kit {
  readonly pair: () => Ends
  readonly make: (setup?: Partial<ShadowSetup>, rekeyAfterRecords?: number) => Shadow
  readonly begin: Begin
}

function sealedTests(check: (title: string, run: () => void) => void, { pair, make, begin }: Kit): void {
  check('any changed byte of any message ends the handshake, there or at the next message', () => {
    for (let i = 0; i < 3; i++) {
      for (let at = 0; at < messageOf(pair(), i).length; at++) {
        const ends = pair()
        deliver(ends, i)
        const { from, to } = turn(ends, i)
        const message = from.write(text.encode('payload'))
        message[at] = (message[at] ?? 0) ^ 0x40
        let failed = to.read(message) === undefined
        // Message 1 is partly in clear: the change shows when message 2 is read.
        if (!failed && i === 0) failed = from.read(to.write(new Uint8Array(0))) === undefined
        assert.ok(failed, `message ${i + 1}, byte ${at}`)
      }
    }
  })

  check('messages of one handshake do not fit into another', () => {
    for (let i = 1; i < 3; i++) {
      const ends = pair()
      deliver(ends, i)
      assert.equal(turn(ends, i).to.read(messageOf(pair(), i)), undefined)
    }
  })

  check('a replayed, reordered, dropped or changed record kills its direction', () => {
    type Damage = (records: readonly Uint8Array[]) => Uint8Array | undefined
    const damages: Readonly<Record<string, Damage>> = {
      replayed: ([first]) => first,
      dropped: ([, , third]) => third,
      flipped: ([, second]) => second?.map((byte, i) => (i === 3 ? byte ^ 1 : byte)),
      tag: ([, second]) => second?.map((byte, i) => (i === second.length - 1 ? byte ^ 1 : byte)),
      cut: ([, second]) => second?.subarray(0, -1),
      stub: ([, second]) => second?.subarray(0, 15),
      empty: () => new Uint8Array(0),
    }
    for (const [name, damage] of Object.entries(damages)) {
      for (const rekeyAfterRecords of [1, 2, 100]) {
        const [seal, open] = channel(make({}, rekeyAfterRecords), make({}, rekeyAfterRecords), begin)
        const records = ['one', 'two', 'three'].map((word) => {
          const record = new Uint8Array(word.length + seal.overhead)
          seal.seal(text.encode(word), record, 0)
          return record
        })
        assert.deepEqual(open.open(records[0]?.slice() ?? new Uint8Array(0)), text.encode('one'))
        assert.equal(open.open(damage(records)?.slice() ?? new Uint8Array(0)), undefined, name)
        assert.equal(open.open(records[1]?.slice() ?? new Uint8Array(0)), undefined, `${name}: still alive`)
      }
    }
  })

  check('a side that changes keys at another record is not understood from there on', () => {
    const [ours, theirs] = channel(make({}, 2), make({}, 3), begin)
    const results = [0, 1, 2].map(() => {
      const record = new Uint8Array(4 + ours.overhead)
      ours.seal(new Uint8Array(4), record, 0)
      return theirs.open(record) !== undefined
    })
    assert.deepEqual(results, [true, true, false])
  })
}

function turn(ends: Ends, index: number): { readonly from: ShadowHandshake; readonly to: ShadowHandshake } {
  return index % 2 === 0 ? { from: ends.initiator, to: ends.responder } : { from: ends.responder, to: ends.initiator }
}

/** Carries the first `count` messages across. */
function deliver(ends: Ends, count: number): void {
  for (let i = 0; i < count; i++) {
    const { from, to } = turn(ends, i)
    assert.ok(to.read(from.write(new Uint8Array(0))), `message ${i + 1}`)
  }
}

/** Message `index` (from 0) of a handshake that went well until there. */
function messageOf(ends: Ends, index: number): Uint8Array {
  deliver(ends, index)
  return turn(ends, index).from.write(text.encode('payload'))
}

function channel(
  from: Shadow,
  to: Shadow,
  begin: Begin
): readonly [ReturnType<Shadow['sealer']>, ReturnType<Shadow['opener']>] {
  const ends = { initiator: begin(from, 'initiator'), responder: begin(to, 'responder') }
  deliver(ends, 3)
  return [from.sealer(ends.initiator.finish().send), to.opener(ends.responder.finish().receive)]
}
