/**
 * Chance that comes out the same in every run, so that each run puts and asks at the same nodes. Not secret: mulberry32 (T. Ettinger, public domain).
 */

/** Gives whole numbers from 0 to below `limit`. */
export function seeded(seed) {
  let state = seed >>> 0
  return (limit) => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000) * limit)
  }
}
