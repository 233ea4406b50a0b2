/**
 * @module attachments/body
 * Where the bytes of an attachment come from and where they go: the two contracts, and both over memory. Not here: files (`apps/files/`).
 */

/** Where bytes come from. All calls come from the service that opened the stream. */
export interface ByteSource {
  /**
   * Exactly `length` bytes from `offset`, which must not change until they are sent. Called in order, ahead of need, and again before an earlier
   * promise has settled. A throw, a rejection or a wrong length ends the stream with the error's code.
   */
  read(offset: number, length: number): Uint8Array | Promise<Uint8Array>
  /** Called once when the stream is over, for whatever reason; reads may be under way. */
  close?(): void
}

/** How a stream ended. `code`: why it ended early, as the other side or we say it; `bytes`: what had arrived by then. */
export type StreamOutcome =
  | { readonly ok: true; readonly bytes: number }
  | { readonly ok: false; readonly bytes: number; readonly code: string }

/** Where bytes go. All calls come from the service that expects the stream. */
export interface ByteSink {
  /**
   * The next bytes: a view, copy what you keep. The sender may send more only when this is done (the promise settled), so a slow sink slows its
   * sender. Called in order, again before an earlier promise has settled, within the window. A throw or a rejection ends the stream.
   */
  write(bytes: Uint8Array, offset: number): void | Promise<void>
  /** Called once, after the last write is done; not after your own `cancel`. */
  end(outcome: StreamOutcome): void
}

/** A source over bytes that nobody changes while they are sent. */
export function memorySource(bytes: Uint8Array): ByteSource {
  return { read: (offset, length) => bytes.subarray(offset, offset + length) }
}

/** A sink that gathers `totalBytes` in memory: bound that number before. `done` gets the bytes, or why there are none. */
export function memorySink(
  totalBytes: number,
  done: (bytes: Uint8Array | undefined, outcome: StreamOutcome) => void
): ByteSink {
  const gathered = new Uint8Array(totalBytes)
  return {
    write: (bytes, offset) => gathered.set(bytes, offset),
    end: (outcome) => done(outcome.ok ? gathered : undefined, outcome),
  }
}
