/**
 * @module attachments/word-order
 * Whether what came back of a stream is the end of what was said on it: only then can it be said again without anything missing in between.
 * Chunks carry no place of their own, so their receiver could not see it.
 */
import type { ChunkMessage, StreamEndMessage } from '../wire/messages.ts'

/** What the sender of a stream says on it. */
export type Word = ChunkMessage | StreamEndMessage

/** The places of words in their streams. Knows a word by its object: copies have lost their place. */
export interface WordOrder<Stream> {
  /** A word is about to be said. */
  say(stream: Stream, word: Word): void
  /** The stream that a word was said on; undefined for a copy. */
  streamOf(word: Word): Stream | undefined
  /** All of these came back, in the order that they were said in, and will be said again. Gives the streams on which something after them did not. */
  takeBack(words: readonly Word[]): ReadonlySet<Stream>
}

/** Makes an empty order. */
export function createWordOrder<Stream extends object>(): WordOrder<Stream> {
  const places = new WeakMap<Word, { readonly stream: Stream; readonly place: number }>()
  /** How many words were said on each stream. */
  const said = new WeakMap<Stream, number>()

  return {
    say(stream, word) {
      const place = (said.get(stream) ?? 0) + 1
      said.set(stream, place)
      places.set(word, { stream, place })
    },
    streamOf: (word) => places.get(word)?.stream,
    takeBack(words) {
      const back = new Map<Stream, { first: number; count: number }>()
      for (const word of words) {
        const placed = places.get(word)
        if (placed === undefined) continue
        const before = back.get(placed.stream)
        if (before) before.count++
        else back.set(placed.stream, { first: placed.place, count: 1 })
      }
      const torn = new Set<Stream>()
      for (const [stream, { first, count }] of back) {
        if (first + count - 1 !== said.get(stream)) torn.add(stream)
        else said.set(stream, first - 1)
      }
      return torn
    },
  }
}
