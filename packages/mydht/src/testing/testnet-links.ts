/**
 * @module testing/testnet-links
 * Who dials whom in a network of tests: shapes as lists of indexes. Not here: the dialling (`testnet.ts`).
 */
import type { Random } from '../random.ts'

/**
 * `star`: all dial node 0. `line`: each the one before. `ring`: a line whose first dials its last. `full`: each all before it. `random`: each up to three of
 * those before it, so that the network holds together.
 */
export type TestnetShape = 'star' | 'line' | 'ring' | 'full' | 'random'

/** A shape, or for each node the indexes (from 0) that it dials. */
export type TestnetLinks = TestnetShape | readonly (readonly number[])[]

/** Links that a node of shape `random` opens: three make a network of thousands hold together with a diameter of its logarithm. */
const randomLinks = 3

/** Whether links are given as a shape. */
export function isShape(links: TestnetLinks): links is TestnetShape {
  return typeof links === 'string'
}

/** For each of `count` nodes the indexes that it dials. */
export function linksOf(shape: TestnetShape, count: number, random: Random): readonly (readonly number[])[] {
  return Array.from({ length: count }, (_, index) => {
    switch (shape) {
      case 'star':
        return index === 0 ? [] : [0]
      case 'line':
        return index === 0 ? [] : [index - 1]
      case 'ring':
        return index === 0 ? (count > 2 ? [count - 1] : []) : [index - 1]
      case 'full':
        return Array.from({ length: index }, (_, other) => other)
      case 'random':
        return someBelow(index, randomLinks, random)
    }
  })
}

/** Up to `count` different whole numbers below `bound`, by chance. */
export function someBelow(bound: number, count: number, random: Random): readonly number[] {
  const chosen = new Set<number>()
  while (chosen.size < Math.min(bound, count)) chosen.add(random.below(bound))
  return [...chosen]
}
