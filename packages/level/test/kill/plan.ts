/**
 * @module test/kill/plan
 * What a child writes in one life, step by step: the same for the child that does it and for the test that must know what should be there.
 */
/** One change of a key; without a value it is deleted. */
export interface Change {
  readonly key: string
  readonly value: Uint8Array | undefined
}

/** Changes that are made in one turn and acknowledged together. */
export type Step = readonly Change[]

/** Keys are few, so that most are replaced and deleted again and again. */
const keyCount = 300

/** The steps of one life, without end. */
export function* stepsOf(seed: number, life: number): Generator<Step> {
  const below = random(seed * 100_003 + life)
  for (let step = 1; ; step++) {
    yield Array.from({ length: 1 + below(12) }, (_, i) => {
      const key = `key-${below(keyCount)}`.padEnd(52, 'x')
      if (below(6) === 0) return { key, value: undefined }
      const value = new Uint8Array(below(1500)).fill(below(256))
      return { key, value: Buffer.concat([Buffer.from(`${life}/${step}/${i} `), value]) }
    })
  }
}

/** Whole numbers below a bound, the same ones for a seed (mulberry32). Ours is in the whole of `mydht`, which takes a child longer to load than to live. */
function random(seed: number): (bound: number) => number {
  let state = seed >>> 0
  return (bound) => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * bound)
  }
}
