/**
 * @module testing/crossing-suite
 * What a definition's `crossing` must keep, as tests for any runner: what arrives is what was sent. Not here: whether the service runs elsewhere
 * (place it with `thread()` and see).
 */
import assert from 'node:assert/strict'
import type { Codec, Crossing } from '../service/service.ts'

/** What the suite runs with. Samples are made anew for each use: a codec may move what it encodes. */
export interface CrossingSuiteOptions<in out Init, in out Command, in out Event, in out Saved = never> {
  /** `test` of node:test, or anything that takes a name and a function. */
  readonly test: (name: string, run: () => void) => unknown
  readonly definition: { readonly name: string; readonly crossing: Crossing<Init, Command, Event, Saved> }
  /** Each kind of value at least once, with its edges. */
  readonly samples: {
    readonly init: () => readonly Init[]
    readonly command: () => readonly Command[]
    readonly event: () => readonly Event[]
    readonly saved?: () => readonly Saved[]
  }
}

/** Runs the suite: there and back, straight into a batch, without room, cut short. */
export function crossingSuite<Init, Command, Event, Saved = never>(
  options: CrossingSuiteOptions<Init, Command, Event, Saved>
): void {
  const { definition, samples } = options
  const { crossing, name } = definition
  const { test } = options
  codecSuite(test, `${name}: init`, crossing.init, samples.init)
  codecSuite(test, `${name}: command`, crossing.command, samples.command)
  codecSuite(test, `${name}: event`, crossing.event, samples.event)
  const { saved } = samples
  if (saved === undefined) return
  test(`${name}: saved: has a codec`, () => assert.notEqual(crossing.saved, undefined))
  if (crossing.saved !== undefined) codecSuite(test, `${name}: saved`, crossing.saved, saved)
}

function codecSuite<T>(
  test: (name: string, run: () => void) => unknown,
  name: string,
  codec: Codec<T>,
  samples: () => readonly T[]
): void {
  const encodeInto = codec.encodeInto?.bind(codec)
  // Three of each sample, equal and apart.
  const each = (run: (one: T, two: T, three: T) => void): void => {
    const [ones, twos, threes] = [samples(), samples(), samples()]
    assert.ok(ones.length === twos.length && ones.length === threes.length, 'samples() gives as many each time')
    for (const [i, one] of ones.entries()) {
      // There, by the line above; it may be undefined itself.
      run(one, twos[i] as T, threes[i] as T)
    }
  }

  test(`${name}: has samples, and each arrives as it was sent`, () => {
    assert.ok(samples().length > 0)
    each((one, two) => assert.deepEqual(codec.decode(codec.encode(one)), two))
  })

  if (encodeInto !== undefined) {
    test(`${name}: encodeInto writes what encode gives, from its place on`, () => {
      each((one, two) => {
        const bytes = codec.encode(one)
        const into = new Uint8Array(bytes.length + 1000).fill(0xee)
        const end = encodeInto(two, into, 7)
        assert.equal(end, 7 + bytes.length)
        assert.deepEqual(into.subarray(7, end), bytes)
        assert.ok(into.subarray(0, 7).every((byte) => byte === 0xee))
      })
    })
    test(`${name}: encodeInto gives undefined where there is no room, and moves nothing then`, () => {
      each((value, two, three) => {
        const { length } = codec.encode(two)
        for (let room = 0; room < length; room += Math.max(1, length >>> 6))
          assert.equal(encodeInto(value, new Uint8Array(7 + room), 7), undefined)
        assert.deepEqual(codec.decode(codec.encode(value)), three)
      })
    })
  }

  test(`${name}: bytes that are cut short end in a value or an error`, () => {
    each((one) => {
      const bytes = codec.encode(one)
      for (let cut = 0; cut < bytes.length; cut += Math.max(1, bytes.length >>> 8)) {
        try {
          codec.decode(bytes.slice(0, cut))
        } catch (thrown) {
          assert.ok(thrown instanceof Error)
        }
      }
    })
  })
}
