/** @module test/helpers/test-shadow — records that show whether they were sealed once, opened in order and not changed; no secrecy at all. */
import { part } from '../../src/part.ts'
import type { Opener, Sealer, Shadow, ShadowFactory, ShadowPart } from '../../src/shadows/shadow.ts'

const tag = 16

/** Sums bytes so that any single change shows. */
function checksum(bytes: Uint8Array, counter: number): number {
  let sum = counter + 1
  for (const byte of bytes) sum = (Math.imul(sum, 31) + byte) >>> 0
  return sum
}

/** Turns every byte by a mask that depends on the record's number; 12 + 4 bytes of tag. */
export function testSealer(secret: number): Sealer {
  let counter = 0
  return {
    overhead: tag,
    seal(source, target, at) {
      const end = at + source.length
      if (end + tag > target.length) throw new TypeError('no room to seal')
      const sum = checksum(source, counter)
      if (source.byteOffset !== target.byteOffset + at || source.buffer !== target.buffer) target.set(source, at)
      for (let i = at; i < end; i++) target[i] = (target[i] ?? 0) ^ (secret + counter)
      target.fill(0, end, end + tag)
      new DataView(target.buffer, target.byteOffset).setUint32(end + 12, sum)
      counter++
      return end + tag
    },
  }
}

/** Opens what `testSealer` sealed, once and in order. */
export function testOpener(secret: number): Opener {
  let counter = 0
  return {
    overhead: tag,
    open(record) {
      const end = record.length - tag
      const plain = record.subarray(0, end)
      for (let i = 0; i < end; i++) plain[i] = (plain[i] ?? 0) ^ (secret + counter)
      const sum = new DataView(record.buffer, record.byteOffset).getUint32(end + 12)
      const zeros = record.subarray(end, end + 12).every((byte) => byte === 0)
      if (!zeros || sum !== checksum(plain, counter)) return undefined
      counter++
      return plain
    },
  }
}

const shadow: Shadow = {
  name: 'test',
  id: 255,
  sealed: true,
  hidesNetwork: false,
  begin: () => {
    throw new TypeError('the test shadow has no handshake')
  },
  sealer: (secret) => testSealer(secret[0] ?? 0),
  opener: (secret) => testOpener(secret[0] ?? 0),
}

const createTestShadow = (): ShadowFactory => () => shadow

/** The test shadow as a part. */
export function testShadow(): ShadowPart {
  return part(import.meta.url, 'createTestShadow', {}, createTestShadow)
}
