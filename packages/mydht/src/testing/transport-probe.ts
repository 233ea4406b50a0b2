/**
 * @module testing/transport-probe
 * Streams of a transport as promises, for tests: take so many bytes, wait for the end, send and wait. Not here: the cases (`transport-suite.ts`).
 * A probe keeps all that arrived until it is taken: never for production.
 */
import type { IncomingLink, ReadStream, StreamEnd, Transport, WriteStream } from '../transports/transport.ts'

/** A read stream that was started, and what came of it. */
export interface ReadProbe {
  /** The next `length` bytes, when they have arrived. Rejects with an Error when the stream ends before. */
  take(length: number): Promise<Uint8Array>
  /** Settles with the end. */
  readonly end: Promise<StreamEnd>
  /** Bytes that arrived, taken or not. */
  readonly arrived: number
  /** How often the end was told: 1 in the end. */
  readonly ends: number
}

/** Starts `read`. With `onBytes`, chunks go there instead of being kept for `take`. */
export function probeRead(read: ReadStream, onBytes?: (bytes: Uint8Array) => void): ReadProbe {
  const chunks: Uint8Array[] = []
  let kept = 0
  let arrived = 0
  let ends = 0
  let changed: (() => void) | undefined
  const end = new Promise<StreamEnd>((resolve) => {
    read.start(
      (bytes) => {
        arrived += bytes.length
        if (onBytes) onBytes(bytes)
        else {
          kept += bytes.length
          chunks.push(bytes)
        }
        changed?.()
      },
      (how) => {
        ends += 1
        resolve(how)
        changed?.()
      }
    )
  })
  return {
    take: async (length) => {
      while (kept < length) {
        if (ends > 0) throw new Error(`the stream ended after ${kept} of the ${length} bytes that were asked for`)
        await new Promise<void>((resolve) => {
          changed = resolve
        })
      }
      const taken = new Uint8Array(length)
      for (let at = 0; at < length;) {
        const chunk = chunks[0]
        if (!chunk) break
        const part = chunk.subarray(0, length - at)
        taken.set(part, at)
        at += part.length
        if (part.length === chunk.length) chunks.shift()
        else chunks[0] = chunk.subarray(part.length)
      }
      kept -= length
      return taken
    },
    end,
    get arrived() {
      return arrived
    },
    get ends() {
      return ends
    },
  }
}

/** Writes and waits for `onSent`. */
export function send(write: WriteStream, bytes: Uint8Array): Promise<boolean> {
  return new Promise((resolve) => {
    write.write(bytes, resolve)
  })
}

/** Waits until a write stream can no longer be written. */
export function closed(write: WriteStream): Promise<StreamEnd> {
  return new Promise((resolve) => {
    write.onClosed(resolve)
  })
}

/** A transport that listens, and its links in order of arrival. */
export interface Listening {
  /** The first address to advertise; empty when there is none. */
  readonly address: string
  readonly addresses: readonly string[]
  /** The next link that somebody opened, when it is there. */
  next(): Promise<IncomingLink>
}

/** Makes a transport listen. */
export async function listenOn(transport: Transport): Promise<Listening> {
  const links: IncomingLink[] = []
  const takers: ((link: IncomingLink) => void)[] = []
  const addresses = await transport.listen((link) => {
    const taker = takers.shift()
    if (taker) taker(link)
    else links.push(link)
  })
  return {
    address: addresses[0] ?? '',
    addresses,
    next: () => {
      const link = links.shift()
      if (link) return Promise.resolve(link)
      return new Promise((resolve) => {
        takers.push(resolve)
      })
    },
  }
}

/** Writes `total` bytes, made 64 KiB at a time by `fill`, with `inFlight` writes at once; gives true when all left. */
export async function pour(
  write: WriteStream,
  total: number,
  fill: (block: Uint8Array, at: number) => void,
  inFlight = 4,
  onProgress: (sent: number) => void = () => {}
): Promise<boolean> {
  let at = 0
  let sent = 0
  const lane = async (): Promise<boolean> => {
    const slab = new Uint8Array(65_536)
    while (at < total) {
      const block = slab.subarray(0, Math.min(slab.length, total - at))
      fill(block, at)
      at += block.length
      if (!(await send(write, block))) return false
      sent += block.length
      onProgress(sent)
    }
    return true
  }
  const lanes = await Promise.all(Array.from({ length: inFlight }, lane))
  return lanes.every(Boolean)
}
