/**
 * @module routes/xor
 * Distances between keys of 32 bytes, as Kademlia measures them: the exclusive or, read as a number (Maymounkov and Mazières, 2002). Pure.
 */
import type { Random } from '../random.ts'

/** Bits of a key. */
export const keyBits = 256

/** Below 0 when `a` is nearer to `target` than `b`, above 0 when it is farther, 0 when both are the same key. */
export function compareDistance(target: Uint8Array, a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < target.length; i++) {
    const one = a[i] ?? 0
    const other = b[i] ?? 0
    if (one !== other) {
      const at = target[i] ?? 0
      return (one ^ at) - (other ^ at)
    }
  }
  return 0
}

/** How many leading bits two keys share: 0 to 256. The more, the nearer. */
export function sharedBits(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < a.length; i++) {
    const difference = (a[i] ?? 0) ^ (b[i] ?? 0)
    if (difference !== 0) return i * 8 + Math.clz32(difference) - 24
  }
  return a.length * 8
}

/** A key by chance that shares just `bits` leading bits (0 to 255) with `key`. */
export function keySharing(key: Uint8Array, bits: number, random: Random): Uint8Array {
  const made = random.bytes(key.length)
  const at = bits >> 3
  made.set(key.subarray(0, at))
  const kept = (0xff00 >> (bits & 7)) & 0xff
  const turned = 0x80 >> (bits & 7)
  const own = key[at] ?? 0
  made[at] = (own & kept) | (~own & turned) | ((made[at] ?? 0) & ~kept & ~turned & 0xff)
  return made
}
