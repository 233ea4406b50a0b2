/**
 * @module identity/id-text
 * 32 bytes as 52 letters and back: RFC 4648 base32, lower case, no padding; the four spare bits of the last letter are zero.
 */

const alphabet = 'abcdefghijklmnopqrstuvwxyz234567'
const letters = 52
const valueOf = new Int8Array(128).fill(-1)
for (let i = 0; i < alphabet.length; i++) valueOf[alphabet.charCodeAt(i)] = i

/** The text of 32 bytes. Throws TypeError on any other length. */
export function encodeId(bytes: Uint8Array): string {
  if (bytes.length !== 32) throw new TypeError(`an id has 32 bytes, got ${bytes.length}`)
  let text = ''
  let bits = 0
  let held = 0
  for (let i = 0; i < 32; i++) {
    held = (held << 8) | (bytes[i] ?? 0)
    bits += 8
    while (bits >= 5) {
      bits -= 5
      text += alphabet[(held >>> bits) & 31]
    }
    held &= (1 << bits) - 1
  }
  return text + alphabet[(held << (5 - bits)) & 31]
}

/** The 32 bytes of such a text; undefined for anything else, upper case and non-zero spare bits included, so that each id has one text. */
export function decodeId(text: string): Uint8Array | undefined {
  if (text.length !== letters) return undefined
  const bytes = new Uint8Array(32)
  let bits = 0
  let held = 0
  let at = 0
  for (let i = 0; i < letters; i++) {
    const code = text.charCodeAt(i)
    const value = code < 128 ? (valueOf[code] ?? -1) : -1
    if (value < 0) return undefined
    held = (held << 5) | value
    bits += 5
    if (bits >= 8) {
      bits -= 8
      bytes[at++] = (held >>> bits) & 255
      held &= (1 << bits) - 1
    }
  }
  return held === 0 ? bytes : undefined
}
