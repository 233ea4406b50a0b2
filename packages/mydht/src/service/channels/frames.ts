/**
 * @module service/channels/frames
 * Many small frames in one run of bytes: what crosses to another thread or process at once. Not here: when a batch goes (`port.ts`),
 * what the kinds mean (`../remote/kinds.ts`).
 */

import type { Codec } from '../service.ts'

/** Bytes before each payload: its length (u32), the instance it is for (u32), its kind (u8). All little-endian, as the machines are. */
export const FRAME_HEAD = 9

/** Room of a writer that has nothing big to carry. */
const FIRST_BYTES = 4096

/** Free bytes up to which a codec is asked to write straight into the batch; a value that needs more is worth an array of its own. */
const MAX_ROOM = 1_048_576

/** Called for each frame of a batch. `payload` is a view of the batch. */
export type OnFrame = (instance: number, kind: number, payload: Uint8Array) => void

/** Collects frames. */
export class FrameWriter {
  /** Bytes collected. */
  length = 0
  private bytes = new Uint8Array(FIRST_BYTES)
  private view: DataView = new DataView(this.bytes.buffer)

  /** Adds a frame with these bytes. */
  put(instance: number, kind: number, payload: Uint8Array): void {
    const at = this.head(instance, kind, payload.length)
    this.bytes.set(payload, at)
  }

  /** Adds a frame of numbers, and bytes behind them. */
  putNumbers(instance: number, kind: number, numbers: readonly number[], rest?: Uint8Array): void {
    let at = this.head(instance, kind, numbers.length * 8 + (rest?.length ?? 0))
    for (const number of numbers) {
      this.view.setFloat64(at, number, true)
      at += 8
    }
    if (rest !== undefined) this.bytes.set(rest, at)
  }

  /** Adds a frame with what `codec` makes of `value`, behind the number `before`. Throws what the codec throws, and has then added nothing. */
  putValue<T>(instance: number, kind: number, codec: Codec<T>, value: T, before?: number): void {
    const from = this.length
    const at = from + FRAME_HEAD + (before === undefined ? 0 : 8)
    const end = codec.encodeInto === undefined ? undefined : this.encoded(codec, value, at)
    if (end === undefined) {
      const bytes = codec.encode(value)
      if (before === undefined) this.put(instance, kind, bytes)
      else this.putNumbers(instance, kind, [before], bytes)
      return
    }
    this.head(instance, kind, end - from - FRAME_HEAD)
    if (before !== undefined) this.view.setFloat64(from + FRAME_HEAD, before, true)
  }

  /** Gives what was collected, in a buffer of its own that may be transferred, and begins anew. */
  take(): Uint8Array<ArrayBuffer> {
    const batch = this.bytes.slice(0, this.length)
    this.length = 0
    return batch
  }

  /** Has `codec` write `value` at `at`. Gives its end, or undefined where no reasonable room is enough. */
  private encoded<T>(codec: Codec<T>, value: T, at: number): number | undefined {
    for (;;) {
      const room = this.bytes.length
      const end = at < room ? codec.encodeInto?.(value, this.bytes, at) : undefined
      if (end !== undefined) {
        if (end >= at && end <= room) return end
        throw new TypeError(
          `encodeInto gave ${end} as its end: give a number from ${at} to ${room}, or undefined where there is no room`
        )
      }
      if (room - at >= MAX_ROOM) return undefined
      this.grow(2 * room)
    }
  }

  /** Writes a frame's head. Gives where its payload goes. */
  private head(instance: number, kind: number, payloadLength: number): number {
    const from = this.length
    const end = from + FRAME_HEAD + payloadLength
    if (end > this.bytes.length) this.grow(end)
    this.view.setUint32(from, payloadLength, true)
    this.view.setUint32(from + 4, instance, true)
    this.bytes[from + 8] = kind
    this.length = end
    return from + FRAME_HEAD
  }

  private grow(atLeast: number): void {
    let room = this.bytes.length
    while (room < atLeast) room *= 2
    const bytes = new Uint8Array(room)
    bytes.set(this.bytes.subarray(0, this.length))
    this.bytes = bytes
    this.view = new DataView(bytes.buffer)
  }
}

/** Calls `onFrame` for each frame of `batch`, which a `FrameWriter` of the same program wrote. */
export function readFrames(batch: Uint8Array, onFrame: OnFrame): void {
  const view = new DataView(batch.buffer, batch.byteOffset, batch.byteLength)
  let at = 0
  while (at < batch.length) {
    const end = at + FRAME_HEAD + view.getUint32(at, true)
    onFrame(view.getUint32(at + 4, true), view.getUint8(at + 8), batch.subarray(at + FRAME_HEAD, end))
    at = end
  }
}

/** The `index`-th number of a payload that `putNumbers` wrote. */
export function numberAt(payload: Uint8Array, index: number): number {
  return new DataView(payload.buffer, payload.byteOffset, payload.byteLength).getFloat64(index * 8, true)
}

/** The bytes behind `count` numbers. */
export function restAfter(payload: Uint8Array, count: number): Uint8Array {
  return payload.subarray(count * 8)
}
