/**
 * @module encodings/binary/app-names
 * App names as strings that already exist: a name travels in every message, so making its string each time would be the dearest part of decoding.
 */
import { asciiText } from '../../bytes.ts'
import { appNameByte } from '../../wire/checks.ts'
import { maxAppNameBytes } from '../../wire/limits.ts'

// One name per slot, the newest wins: whoever sends many names costs us the making of a string, never memory.
const slots = 256
const names: string[] = Array.from({ length: slots }, () => '')

/** The name in `length` bytes from `at`, undefined where they are no app name. All of them must be there. */
export function appNameOf(bytes: Uint8Array, at: number, length: number): string | undefined {
  if (length < 1 || length > maxAppNameBytes) return undefined
  // FNV-1a, 32 bits (Fowler, Noll, Vo 1991), folded to the slots. Made for spread, not for secrecy: a collision only costs time.
  let hash = 0x811c9dc5
  for (let i = at; i < at + length; i++) {
    const byte = bytes[i] ?? 0
    if (appNameByte[byte] !== 1) return undefined
    hash = Math.imul(hash ^ byte, 0x01000193)
  }
  const slot = (hash ^ (hash >>> 16)) & (slots - 1)
  const known = names[slot] ?? ''
  if (known.length === length && isSame(known, bytes, at)) return known
  const name = asciiText(bytes, at, at + length)
  names[slot] = name
  return name
}

function isSame(name: string, bytes: Uint8Array, at: number): boolean {
  for (let i = 0; i < name.length; i++) if (name.charCodeAt(i) !== bytes[at + i]) return false
  return true
}
