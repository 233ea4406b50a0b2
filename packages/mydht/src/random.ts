/**
 * @module random
 * Chance as a part: the contract, the system's generator, and a seeded one for tests and the simulator.
 */
import { crypto } from '#crypto'

/** Where every service gets its random bytes from. */
export interface Random {
  /** `length` fresh bytes that the caller owns. */
  bytes(length: number): Uint8Array
  /** 64 random bits, for query ids and traces. */
  u64(): bigint
  /** A whole number from 0 to `bound - 1`, evenly distributed. */
  below(bound: number): number
}

/** Randomness of the operating system: unpredictable, for everything outside tests. */
export const systemRandom: Random = fromBytes((length) => crypto.randomBytes(length))

/**
 * A generator that gives the same bytes for the same seed. For tests and the simulator only: whoever knows the seed knows every key.
 * sfc32 by Chris Doty-Humphrey (PractRand), seeded through a splitmix32 of the seed.
 */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  const next32 = (): number => {
    state = (state + 0x9e3779b9) >>> 0
    let z = state
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad)
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97)
    return (z ^ (z >>> 15)) >>> 0
  }
  let a = next32()
  let b = next32()
  let c = next32()
  let counter = 1
  const sfc32 = (): number => {
    const sum = (a + b + counter) >>> 0
    counter = (counter + 1) >>> 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) >>> 0
    c = (((c << 21) | (c >>> 11)) + sum) >>> 0
    return sum
  }
  for (let i = 0; i < 12; i++) sfc32()
  const bytes = (length: number): Uint8Array => {
    const bytes = new Uint8Array(length)
    for (let i = 0; i < length; i++) bytes[i] = sfc32() & 255
    return bytes
  }
  // The simulator asks for millions of these: the same four bytes, without an array.
  const u32 = (): number =>
    (((sfc32() & 255) << 24) | ((sfc32() & 255) << 16) | ((sfc32() & 255) << 8) | (sfc32() & 255)) >>> 0
  return fromBytes(bytes, u32)
}

function fromBytes(bytes: (length: number) => Uint8Array, u32 = u32From(bytes)): Random {
  return {
    bytes,
    u64: () => {
      const b = bytes(8)
      return new DataView(b.buffer, b.byteOffset, 8).getBigUint64(0)
    },
    below: (bound) => {
      // Rejection keeps the distribution even where `bound` does not divide 2^32.
      const limit = Math.floor(0x1_0000_0000 / bound) * bound
      let value = u32()
      while (value >= limit) value = u32()
      return value % bound
    },
  }
}

function u32From(bytes: (length: number) => Uint8Array): () => number {
  return () => {
    const b = bytes(4)
    return new DataView(b.buffer, b.byteOffset, 4).getUint32(0)
  }
}
