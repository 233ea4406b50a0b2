/**
 * @module pieces
 * Small pieces of memory, cut one after another from a larger block: a buffer of its own lies outside of the engine's heap once it has more than
 * 64 bytes, and making and freeing it costs more than filling it. Not here: memory that is used again (`wire/slab.ts`); a piece never is.
 */

/** Small enough that a piece which is kept long holds little else; the size of the pool that Node's own Buffers come from. */
const blockBytes = 8192

/** Longer pieces have a buffer of their own: few would fit a block. */
const mostPieceBytes = 1024

let block = new Uint8Array(0)
let used = 0

/** `length` bytes of zeros. They share their buffer with other pieces: for what stays inside, not for what a program is given to keep. */
export function piece(length: number): Uint8Array {
  if (length > mostPieceBytes) return new Uint8Array(length)
  if (used + length > block.length) {
    block = new Uint8Array(blockBytes)
    used = 0
  }
  const from = used
  used += length
  return block.subarray(from, used)
}

/** A copy of `bytes` from `from` on, as a piece. */
export function copyOf(bytes: Uint8Array, from = 0): Uint8Array {
  const copy = piece(bytes.length - from)
  copy.set(from === 0 ? bytes : bytes.subarray(from))
  return copy
}
