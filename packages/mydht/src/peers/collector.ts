/**
 * @module peers/collector
 * Collects bytes that come in any chunks until a wanted number is there. Holds no more than that number; the rest stays with the caller.
 */

/** One place to collect in. */
export interface Collector {
  /** Begins anew: the next `length` bytes are wanted. */
  want(length: number): void
  /** Takes what is wanted from `chunk` at `at`, and gives where it stopped. The bytes are copied. */
  take(chunk: Uint8Array, at: number): number
  /** All wanted bytes, once they are there; undefined before. A view that the next `want` lets go. */
  whole(): Uint8Array | undefined
  /** What is there so far. */
  soFar(): Uint8Array
}

/** Makes a collector of at most `limit` bytes at a time; grows to it only as bytes really come. */
export function collector(limit: number): Collector {
  let bytes = new Uint8Array(0)
  let wanted = 0
  let length = 0
  return {
    want(count) {
      if (count > limit) throw new TypeError(`a collector of ${limit} bytes cannot collect ${count}`)
      bytes = new Uint8Array(0)
      wanted = count
      length = 0
    },
    take(chunk, at) {
      const taken = Math.min(wanted - length, chunk.length - at)
      if (length + taken > bytes.length) {
        const grown = new Uint8Array(Math.min(wanted, Math.max(64, 2 * (length + taken))))
        grown.set(bytes.subarray(0, length))
        bytes = grown
      }
      bytes.set(chunk.subarray(at, at + taken), length)
      length += taken
      return at + taken
    },
    whole: () => (length === wanted ? bytes.subarray(0, length) : undefined),
    soFar: () => bytes.subarray(0, length),
  }
}
