import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { seededRandom } from '../../src/random.ts'
import { createNoise } from '../../src/shadows/noise.ts'
import { createNone } from '../../src/shadows/none.ts'
import { createSecret } from '../../src/shadows/secret.ts'
import type { Role, Shadow, ShadowHandshake } from '../../src/shadows/shadow.ts'
import { unhex, vectorsAt } from '../helpers/vectors.ts'

const random = seededRandom(3)
const setup = { network: 'hostile', staticSecret: new Uint8Array(32).fill(1) }
const shadows: readonly Shadow[] = [
  createNone()(setup),
  createNoise()(setup),
  createSecret({ key: new Uint8Array(32).fill(2) })(setup),
]
const begin = (shadow: Shadow, role: Role): ShadowHandshake =>
  shadow.begin({ role, prologue: new Uint8Array(3), random })
const payload = new Uint8Array(20)

/** The reader of message `index`, and that message. */
function before(shadow: Shadow, index: number): readonly [ShadowHandshake, Uint8Array] {
  const ends = [begin(shadow, 'initiator'), begin(shadow, 'responder')] as const
  for (let i = 0; ; i++) {
    const [from, to] = i % 2 === 0 ? ends : ([ends[1], ends[0]] as const)
    const message = from.write(payload)
    if (i === index) return [to, message]
    assert.ok(to.read(message))
  }
}

for (const shadow of shadows) {
  for (let index = 0; index < 3; index++) {
    test(`${shadow.name}: random and damaged bytes as message ${index + 1} never throw and leave no way on when refused`, () => {
      const bytes = fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.uint8Array({ minLength: 2040, maxLength: 2060 }))
      const damage = fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 }), fc.nat(), fc.uint8Array({ maxLength: 4 }))
      const run = (hostile: Uint8Array, reader: ShadowHandshake): void => {
        const got = reader.read(hostile)
        if (got !== undefined) return
        assert.equal(reader.read(hostile), undefined)
        assert.throws(() => reader.finish(), TypeError)
      }
      fc.assert(
        fc.property(bytes, (hostile) => run(hostile, before(shadow, index)[0])),
        { numRuns: 60, seed: 1 }
      )
      fc.assert(
        fc.property(damage, ([at, value, cut, extra]) => {
          const [reader, message] = before(shadow, index)
          message[at % message.length] = value
          run(Uint8Array.from([...message.subarray(0, message.length - (cut % 5)), ...extra]), reader)
        }),
        { numRuns: 60, seed: 2 }
      )
    })
  }
}

test('noise: a worthless ephemeral key is refused when it is read, so that writing never fails', () => {
  const { smallOrder, nonCanonical } = vectorsAt<Readonly<Record<string, readonly string[]>>>('x25519.json')
  const noise = createNoise()(setup)
  for (const key of [...(smallOrder ?? []), ...(nonCanonical ?? [])]) {
    for (const index of [0, 1]) {
      const [reader, message] = before(noise, index)
      message.set(unhex(key))
      assert.equal(reader.read(message), undefined, key)
    }
  }
})
