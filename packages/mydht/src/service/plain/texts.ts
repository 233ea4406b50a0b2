/**
 * @module service/plain/texts
 * Short texts as strings that already exist: the same keys and words travel in every command, and making each string anew would be the dearest
 * part of reading. Not here: app names of strangers (`encodings/binary/app-names.ts`).
 */
import { asciiText } from '../../bytes.ts'

// One text per slot, the newest wins: many texts cost the making of strings, never memory.
const slots = 1024
const texts: string[] = Array.from({ length: slots }, () => '')

/** The text of `length` bytes from `at` that are known to be ASCII. All of them must be there. */
export function shortText(bytes: Uint8Array, at: number, length: number): string {
  // FNV-1a, 32 bits (Fowler, Noll, Vo 1991), folded to the slots. A collision only costs time.
  let hash = 0x811c9dc5
  for (let i = at; i < at + length; i++) hash = Math.imul(hash ^ (bytes[i] ?? 0), 0x01000193)
  const slot = (hash ^ (hash >>> 16)) & (slots - 1)
  const known = texts[slot] ?? ''
  if (known.length === length && isSame(known, bytes, at)) return known
  const text = asciiText(bytes, at, at + length)
  texts[slot] = text
  return text
}

function isSame(text: string, bytes: Uint8Array, at: number): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) !== bytes[at + i]) return false
  return true
}

/** Whether UTF-8 would not bring a text back: it has lone surrogates. */
export function hasLoneSurrogates(text: string): boolean {
  // With `u` a pair is one letter, so that only lone ones are surrogates.
  return /[\ud800-\udfff]/.test(text) && /\p{Surrogate}/u.test(text)
}
