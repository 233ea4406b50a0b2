/**
 * @module apps/files/chunk-sink
 * Where a piece of a file arrives: gathers each chunk, verifies it, and has it written. When some chunks wait
 * to be written there is no more credit, so that a slow disk slows the sender and memory is bounded.
 */
import type { ByteSink, StreamOutcome } from '../../attachments/body.ts'
import { MyDhtError } from '../../errors.ts'
import * as defaults from './defaults.ts'
import type { PartFile } from './disk/part-file.ts'
import { isChunk, type Manifest } from './manifest.ts'

/** Why a piece came to nothing, where it was not the stream's fault. */
export type SinkFault = { readonly type: 'corrupt' } | { readonly type: 'disk'; readonly error: unknown }

/** What the sink tells. */
export interface ChunkSinkOutput {
  /** So many more bytes are verified and written. May be called between commands: emit nothing, but within `ended` all is known. */
  readonly written: (bytes: number) => void
  /** Nothing follows. `fault` is there when the stream ended because of us. */
  readonly ended: (outcome: StreamOutcome, fault: SinkFault | undefined) => void
}

/** A sink for the bytes of a file from `start`, which is where a chunk begins. */
export function createChunkSink(
  manifest: Manifest,
  start: number,
  part: Pick<PartFile, 'write'>,
  output: ChunkSinkOutput
): ByteSink {
  let index = start / manifest.chunkBytes
  let chunk = new Uint8Array(0)
  let filled = 0
  let fault: SinkFault | undefined
  let latest: Promise<void> | undefined
  let saving = 0
  /** Written since anybody was told: told in `write` and `end`, which are called within commands. */
  let untold = 0

  const lengthOf = (at: number): number => Math.min(manifest.chunkBytes, manifest.bytes - at * manifest.chunkBytes)

  const tell = (): void => {
    if (untold === 0) return
    const bytes = untold
    untold = 0
    output.written(bytes)
  }

  /** Writes may overtake each other: what is there after a crash is hashed again, and the end comes after all of them. */
  const save = async (bytes: Uint8Array, position: number): Promise<void> => {
    saving++
    try {
      await part.write(bytes, position)
      untold += bytes.length
    } catch (error) {
      fault ??= { type: 'disk', error }
      throw error
    } finally {
      saving--
    }
  }

  return {
    write(bytes) {
      tell()
      // The stream is being ended: what still comes is of no use.
      if (fault) return undefined
      let at = 0
      const saves: Promise<void>[] = []
      while (at < bytes.length) {
        if (filled === 0) chunk = new Uint8Array(lengthOf(index))
        const take = Math.min(chunk.length - filled, bytes.length - at)
        chunk.set(bytes.subarray(at, at + take), filled)
        at += take
        filled += take
        if (filled < chunk.length) break
        if (!isChunk(manifest, index, chunk)) {
          fault ??= { type: 'corrupt' }
          const wrong = new MyDhtError('MYDHT_BAD_FILE', `chunk ${index} is not what its hash says`)
          // After what was saved before it, so that nothing is under way at the end.
          return Promise.all(saves).then(() => Promise.reject(wrong))
        }
        saves.push(save(chunk, index * manifest.chunkBytes))
        index++
        filled = 0
      }
      // Each save is waited for by the bytes that completed its chunk. When many are under way the next bytes wait for the newest, too.
      const [newest] = saves
      if (newest) {
        latest = saves.length === 1 ? newest : Promise.all(saves).then(() => undefined)
        return latest
      }
      return saving >= defaults.maxSaving ? latest : undefined
    },
    end(outcome) {
      tell()
      output.ended(outcome, fault)
    },
  }
}
