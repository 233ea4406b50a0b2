/**
 * @module identity/id-text
 * 32 bytes as 52 letters and back: RFC 4648 base32, lower case, no padding; the four spare bits of the last letter are zero.
 *
 * A query with a full history holds 64 of them, so both ways take 5 bytes for 8 letters at a time.
 */

const alphabet = 'abcdefghijklmnopqrstuvwxyz234567'
const letters = 52
const letterCodes = Uint8Array.from(alphabet, (letter) => letter.charCodeAt(0))
// Ten bits for each two letters of ASCII, -1 for those that are not both of the alphabet. 32 KiB.
const pairValues = new Int16Array(128 * 128).fill(-1)
for (const [high, first] of letterCodes.entries()) {
  for (const [low, second] of letterCodes.entries()) pairValues[(first << 7) | second] = (high << 5) | low
}
// Concatenated letters would be a rope that every Map has to flatten; decoding bytes makes a flat text at once.
const scratch = new Uint8Array(letters)
const decoder = new TextDecoder()

/** The text of 32 bytes. Throws TypeError on any other length. */
export function encodeId(bytes: Uint8Array): string {
  if (bytes.length !== 32) throw new TypeError(`an id has 32 bytes, got ${bytes.length}`)
  let at = 0
  for (let from = 0; from < 30; from += 5) {
    const middle = bytes[from + 2] ?? 0
    putFour(at, ((bytes[from] ?? 0) << 12) | ((bytes[from + 1] ?? 0) << 4) | (middle >>> 4))
    putFour(at + 4, ((middle & 15) << 16) | ((bytes[from + 3] ?? 0) << 8) | (bytes[from + 4] ?? 0))
    at += 8
  }
  putFour(at, ((bytes[30] ?? 0) << 12) | ((bytes[31] ?? 0) << 4))
  return decoder.decode(scratch)
}

/** Writes 20 bits as four letters. */
function putFour(at: number, bits: number): void {
  scratch[at] = letterCodes[bits >>> 15] ?? 0
  scratch[at + 1] = letterCodes[(bits >>> 10) & 31] ?? 0
  scratch[at + 2] = letterCodes[(bits >>> 5) & 31] ?? 0
  scratch[at + 3] = letterCodes[bits & 31] ?? 0
}

/** The 32 bytes of such a text; undefined for anything else, upper case and non-zero spare bits included, so that each id has one text. */
export function decodeId(text: string): Uint8Array | undefined {
  if (text.length !== letters) return undefined
  const bytes = new Uint8Array(32)
  // Negative as soon as one pair was.
  let wrong = 0
  let at = 0
  for (let from = 0; from < 48; from += 8) {
    const one = pairAt(text, from)
    const two = pairAt(text, from + 2)
    const three = pairAt(text, from + 4)
    const four = pairAt(text, from + 6)
    wrong |= one | two | three | four
    bytes[at] = one >> 2
    bytes[at + 1] = (one << 6) | (two >> 4)
    bytes[at + 2] = (two << 4) | (three >> 6)
    bytes[at + 3] = (three << 2) | (four >> 8)
    bytes[at + 4] = four
    at += 5
  }
  const one = pairAt(text, 48)
  const two = pairAt(text, 50)
  bytes[30] = one >> 2
  bytes[31] = (one << 6) | (two >> 4)
  return (wrong | one | two) >= 0 && (two & 15) === 0 ? bytes : undefined
}

/** The ten bits of two letters; -1 when they are none. */
function pairAt(text: string, at: number): number {
  const first = text.charCodeAt(at)
  const second = text.charCodeAt(at + 1)
  return (first | second) < 128 ? (pairValues[(first << 7) | second] ?? -1) : -1
}
