/**
 * @module service/channels/frames
 * Many small frames in one run of bytes: what crosses to another thread or process at once. Frames of one kind for one instance that follow each
 * other share a head. Not here: when a batch goes (`port.ts`), what the kinds mean (`../remote/kinds.ts`).
 */
import type { Codec } from '../service.ts'

/** Bytes before each series of frames: their length together (u32), the instance they are for (u32), their kind (u8). Little-endian, as the machines are. */
export const HEAD_BYTES = 9

/** Bytes before each frame of a series: its length (u32). */
export const LENGTH_BYTES = 4

/** Bytes of a number in a payload. */
export const NUMBER_BYTES = 8

/** Room of a writer that has nothing big to carry. */
const FIRST_BYTES = 4096

/** The most room that a writer keeps for the next batch: a little more than a batch. */
const KEPT_BYTES = 65_536

/** Free bytes up to which a codec is asked to write straight into the batch; a value that needs more is worth an array of its own. */
const MAX_ROOM = 1_048_576

/** Called for each series of frames of a batch; its frames are between `from` and `to`. */
export type OnSeries = (instance: number, kind: number, batch: Uint8Array, from: number, to: number) => void

/** Gives memory for a batch, at least so many bytes. What is in it does not matter. */
export type Room = (bytes: number) => Uint8Array<ArrayBuffer>

/** Memory that is all zero. */
const zeroed: Room = (bytes) => new Uint8Array(bytes)

/** Collects frames. */
export class FrameWriter {
  /** Bytes collected. */
  length = 0
  private bytes = new Uint8Array(FIRST_BYTES)
  private view: DataView = new DataView(this.bytes.buffer)
  /** Where the head of the last series is; -1 where there is none. */
  private head = -1
  private instance = 0
  private kind = 0
  private readonly room: Room

  constructor(room: Room = zeroed) {
    this.room = room
  }

  /** Adds a frame with these bytes. */
  put(instance: number, kind: number, payload: Uint8Array): void {
    const at = this.place(instance, kind)
    const end = at + payload.length
    if (end > this.bytes.length) this.grow(end)
    this.bytes.set(payload, at)
    this.added(instance, kind, at, end)
  }

  /** Adds a frame of numbers, and bytes behind them. */
  putNumbers(instance: number, kind: number, numbers: readonly number[], rest?: Uint8Array): void {
    const from = this.place(instance, kind)
    const end = from + numbers.length * 8 + (rest?.length ?? 0)
    if (end > this.bytes.length) this.grow(end)
    let at = from
    for (const number of numbers) {
      this.view.setFloat64(at, number, true)
      at += 8
    }
    if (rest !== undefined) this.bytes.set(rest, at)
    this.added(instance, kind, from, end)
  }

  /** Adds a frame with what `codec` makes of `value`, behind the number `before`. Throws what the codec throws, and has then added nothing. */
  putValue<T>(instance: number, kind: number, codec: Codec<T>, value: T, before?: number): void {
    const from = this.place(instance, kind)
    const at = before === undefined ? from : from + 8
    const end = codec.encodeInto === undefined ? undefined : this.encoded(codec, value, at)
    if (end === undefined) {
      const bytes = codec.encode(value)
      if (before === undefined) this.put(instance, kind, bytes)
      else this.putNumbers(instance, kind, [before], bytes)
      return
    }
    if (before !== undefined) this.view.setFloat64(from, before, true)
    this.added(instance, kind, from, end)
  }

  /** Gives what was collected, in a buffer of its own that may be transferred, and begins anew: full buffers go as they are, small batches as copies. */
  take(): Uint8Array<ArrayBuffer> {
    this.endSeries()
    this.head = -1
    const { length, bytes } = this
    this.length = 0
    if (length <= FIRST_BYTES) return bytes.slice(0, length)
    this.use(this.room(Math.min(bytes.length, KEPT_BYTES)))
    return bytes.subarray(0, length)
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

  /** Where the payload of the next frame goes. */
  private place(instance: number, kind: number): number {
    const goesOn = this.head >= 0 && this.instance === instance && this.kind === kind
    return this.length + LENGTH_BYTES + (goesOn ? 0 : HEAD_BYTES)
  }

  /** A frame's payload is there, from `at`, which `place` gave, to `end`. */
  private added(instance: number, kind: number, at: number, end: number): void {
    if (at > this.length + LENGTH_BYTES) {
      this.endSeries()
      this.head = this.length
      this.instance = instance
      this.kind = kind
      this.view.setUint32(this.head + 4, instance, true)
      this.bytes[this.head + 8] = kind
    }
    this.view.setUint32(at - LENGTH_BYTES, end - at, true)
    this.length = end
  }

  private endSeries(): void {
    if (this.head >= 0) this.view.setUint32(this.head, this.length - this.head - HEAD_BYTES, true)
  }

  private use(bytes: Uint8Array<ArrayBuffer>): void {
    this.bytes = bytes
    this.view = new DataView(bytes.buffer)
  }

  private grow(atLeast: number): void {
    let room = this.bytes.length
    while (room < atLeast) room *= 2
    const bytes = this.room(room)
    bytes.set(this.bytes.subarray(0, this.length))
    this.use(bytes)
  }
}

/** Calls `onSeries` for each series of frames in `batch`, which a `FrameWriter` of the same program wrote. */
export function readBatch(batch: Uint8Array, onSeries: OnSeries): void {
  for (let at = 0; at < batch.length;) {
    const from = at + HEAD_BYTES
    const to = from + lengthAt(batch, at)
    onSeries(lengthAt(batch, at + 4), batch[at + 8] ?? 0, batch, from, to)
    at = to
  }
}

/** The length of the frame at `at`; its payload follows after `LENGTH_BYTES`. */
export function lengthAt(batch: Uint8Array, at: number): number {
  // Typed arrays give numbers within their length; a DataView for each batch would cost more.
  const low = (batch[at] ?? 0) | ((batch[at + 1] ?? 0) << 8) | ((batch[at + 2] ?? 0) << 16)
  return (low | ((batch[at + 3] ?? 0) << 24)) >>> 0
}

/** The `index`-th number of a payload that `putNumbers` wrote. */
export function numberAt(payload: Uint8Array, index: number): number {
  const at = index * 8
  for (let i = 0; i < 8; i++) eightBytes[i] = payload[at + i] ?? 0
  return oneNumber.getFloat64(0, true)
}

/** A number on its way: cheaper than a DataView for each payload. */
const eightBytes = new Uint8Array(8)
const oneNumber = new DataView(eightBytes.buffer)

/** The bytes behind `count` numbers. */
export function restAfter(payload: Uint8Array, count: number): Uint8Array {
  return payload.subarray(count * 8)
}
