/**
 * @module transports/fifo-frames
 * Bytes on a pipe: frames of 8 bytes and up to 65 528 of the stream. A pipe alone cannot say whether its writer finished or died, and a writer that
 * is called off while it blocks leaves a hole; so a frame says how long it is and what its checksum must be. Not here: the pipe.
 *
 * A frame: length in 4 bytes (0: the stream ends in order), CRC-32 of the payload, begun with the frame's number, in 4 bytes; the payload.
 */
import { crc32 } from 'node:zlib'
import { readU32, writeU32 } from '../bytes.ts'

const headBytes = 8

/** Most bytes of a stream in one frame: with its head it just fits into a pipe of Linux, 64 KiB. */
export const maxPayloadBytes: number = 65_536 - headBytes

/** A frame. Without payload: the end. `number` counts the stream's frames from 0. */
export function encodeFrame(number: number, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(headBytes + payload.length)
  writeU32(bytes, writeU32(bytes, 0, payload.length), checksum(number, payload))
  bytes.set(payload, headBytes)
  return bytes
}

/** What the bytes so far came to: whole payloads, perhaps none; `ended` and `broken` are the last. */
export interface Unframed {
  readonly payloads: readonly Uint8Array[]
  readonly state: 'open' | 'ended' | 'broken'
}

/** Takes frames apart. Holds at most one that is not whole. */
export interface Unframer {
  /** Takes the next bytes; copies what it keeps. */
  push(chunk: Uint8Array): Unframed
}

/** Makes an unframer at the beginning of a stream. */
export function createUnframer(): Unframer {
  const head = new Uint8Array(headBytes)
  let body: Uint8Array | undefined
  let filled = 0
  let number = 0

  /** Copies what is wanted from `chunk` at `at` into `target`; gives where it stopped. */
  const fill = (target: Uint8Array, chunk: Uint8Array, at: number): number => {
    const end = Math.min(chunk.length, at + target.length - filled)
    target.set(chunk.subarray(at, end), filled)
    filled += end - at
    return end
  }

  return {
    push(chunk) {
      const whole: Uint8Array[] = []
      const give = (state: Unframed['state']): Unframed => ({ payloads: whole, state })
      let at = 0
      while (at < chunk.length) {
        if (body === undefined) {
          at = fill(head, chunk, at)
          if (filled < headBytes) break
          const length = readU32(head, 0)
          if (length > maxPayloadBytes) return give('broken')
          body = new Uint8Array(length)
          filled = 0
        } else at = fill(body, chunk, at)
        if (filled < body.length) continue
        if (readU32(head, 4) !== checksum(number, body)) return give('broken')
        if (body.length === 0) return give('ended')
        whole.push(body)
        number++
        filled = 0
        body = undefined
      }
      return give('open')
    },
  }
}

function checksum(number: number, payload: Uint8Array): number {
  return crc32(payload, number)
}
