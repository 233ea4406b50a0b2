/**
 * @module wire/record-writer
 * Messages into sealed records, inside pooled slabs. Not here: when to flush (`peers/write-service.ts`) and where slabs go.
 *
 * A slab holds one or more records. Messages are encoded straight into the open record and sealed where they lie. Bodies too large to be worth
 * a copy are sealed from their source into the slab, as records of their own behind the record that holds their head.
 */
import { noBytes, varintSize, writeU16, writeVarint } from '../bytes.ts'
import type { MessageEncoder, RecordSealer } from './codec.ts'
import { leastMaxMessageBytes, recordHeaderBytes } from './limits.ts'
import type { ChunkMessage, WireMessage } from './messages.ts'
import type { SlabPool } from './slab.ts'

/** What a writer is made of. */
export interface RecordWriterOptions {
  readonly encoder: MessageEncoder
  readonly sealer: RecordSealer
  readonly slabs: SlabPool
  /**
   * Gets each slab that is ready to be sent: `bytes` is its used part. The slab is the receiver's, who gives it back to the pool.
   * False: enough for now; a message that fills more slabs stops until `resume`.
   */
  readonly onSlab: (bytes: Uint8Array, slab: Uint8Array) => boolean
}

/** Writes one direction of one connection. */
export interface RecordWriter {
  /**
   * Takes a message; false when it is longer than the other side takes (by `sizeBound`). Slabs that fill up on the way leave at once.
   * Throws TypeError on a message that breaks its own type (nothing is written then), and while another is `unfinished`.
   */
  write(message: WireMessage): boolean
  /** Whether the last message stopped half-way because `onSlab` gave false. Its bytes must not change until it is done. */
  unfinished(): boolean
  /** Goes on with it. */
  resume(): void
  /** Seals the open record and hands its slab out. Nothing happens when nothing waits. */
  flush(): void
  /** Bytes that wait for a flush. */
  waiting(): number
  /** Sets the longest message that the other side takes: 4096 until its `ready` has said more. */
  limit(maxMessageBytes: number): void
  /** Gives the open slab back, unsent. The writer cannot be used again. */
  close(): void
}

/** From here on a chunk is sealed from its source: below, one more seal costs more than the copy it saves. */
const sealFromSourceBytes = 16_384

/** Room at a slab's end that is not worth a record of its own while more than that is left to write. */
const leastPieceBytes = 4096

/** Makes the writer of one direction. It holds no slab while nothing waits. */
export function createRecordWriter(options: RecordWriterOptions): RecordWriter {
  const { encoder, sealer, slabs, onSlab } = options
  let maxMessageBytes = leastMaxMessageBytes
  const capacity = slabs.slabBytes - recordHeaderBytes - sealer.overhead
  let slab: Uint8Array | undefined
  // Where the open record's header goes, and where its plaintext ends so far.
  let start = 0
  let at = 0
  // What is sealed from where it lies, and how far that is done.
  let source = noBytes
  let done = 0

  const open = (): Uint8Array => {
    if (slab === undefined) {
      slab = slabs.take()
      start = 0
      at = recordHeaderBytes
    }
    return slab
  }

  const sealInto = (into: Uint8Array, plaintext: Uint8Array): void => {
    const end = sealer.seal(plaintext, into, start + recordHeaderBytes)
    writeU16(into, start, end - start - recordHeaderBytes)
    start = end
    at = end + recordHeaderBytes
  }

  const seal = (): void => {
    const from = start + recordHeaderBytes
    if (slab !== undefined && at > from) sealInto(slab, slab.subarray(from, at))
  }

  const flush = (): boolean => {
    seal()
    const full = slab
    if (full === undefined || start === 0) return true
    slab = undefined
    return onSlab(full.subarray(0, start), full)
  }

  /** A slab with room for `bytes` more in its open record. */
  const roomFor = (bytes: number): Uint8Array => {
    if (slab !== undefined && at + bytes + sealer.overhead > slab.length) flush()
    return open()
  }

  /** Writes the length in front of what lies behind a gap of `gap` bytes, closing what is left of the gap. */
  const putLength = (into: Uint8Array, length: number, gap: number, end: number): void => {
    const size = varintSize(length)
    if (size < gap) into.copyWithin(at + size, at + gap, end)
    writeVarint(into, at, length)
    at = end - gap + size
  }

  const writeSource = (): void => {
    seal()
    while (done < source.length) {
      const into = open()
      const room = into.length - start - recordHeaderBytes - sealer.overhead
      const left = source.length - done
      if (room < left && room < leastPieceBytes && start > 0) {
        if (!flush()) return
        continue
      }
      const size = Math.min(room, left)
      sealInto(into, source.subarray(done, done + size))
      done += size
    }
    source = noBytes
    done = 0
  }

  const writeChunk = (
    message: ChunkMessage,
    bound: number,
    encodeHead: NonNullable<MessageEncoder['encodeChunkHead']>
  ): void => {
    const gap = varintSize(bound)
    const into = roomFor(gap + bound - message.bytes.length)
    const end = encodeHead(message, into, at + gap)
    putLength(into, end - at - gap + message.bytes.length, gap, end)
    source = message.bytes
    writeSource()
  }

  const writeLong = (message: WireMessage, bound: number): void => {
    const whole = new Uint8Array(bound)
    const length = encoder.encode(message, whole, 0)
    const into = roomFor(varintSize(length))
    at = writeVarint(into, at, length)
    source = whole.subarray(0, length)
    writeSource()
  }

  return {
    limit(bytes) {
      maxMessageBytes = bytes
    },
    resume: writeSource,
    flush: () => void flush(),
    // Calls and no getters: an object made with a getter of its own takes ten times the memory, and every connection has one of these.
    unfinished: () => done < source.length,
    waiting: () => (slab === undefined ? 0 : at - recordHeaderBytes),
    write(message) {
      if (done < source.length) throw new TypeError('the message before is unfinished: call resume() first')
      const bound = encoder.sizeBound(message)
      if (bound > maxMessageBytes) return false
      if (
        message.type === 'chunk' &&
        encoder.encodeChunkHead !== undefined &&
        message.bytes.length >= sealFromSourceBytes
      ) {
        writeChunk(message, bound, encoder.encodeChunkHead)
        return true
      }
      const gap = varintSize(bound)
      if (gap + bound > capacity) {
        writeLong(message, bound)
        return true
      }
      const into = roomFor(gap + bound)
      const end = encoder.encode(message, into, at + gap)
      putLength(into, end - at - gap, gap, end)
      return true
    },
    close() {
      if (slab !== undefined) slabs.give(slab)
      slab = undefined
    },
  }
}
