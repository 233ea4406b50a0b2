/**
 * @module identity/crypto/checks
 * Checks on encodings that every crypto provider needs beside its library. Nothing here handles a secret, so nothing is constant-time.
 */

/** Throws TypeError unless `bytes` has exactly `length` bytes: a wrong length is a programmer's mistake. */
export function need(bytes: Uint8Array, length: number, what: string): void {
  if (bytes.length !== length) throw new TypeError(`${what} has ${length} bytes, got ${bytes.length}`)
}

/**
 * Whether the little-endian number in the first 32 bytes, without its highest bit, is below p = 2^255 - 19: the canonical encoding of a
 * field element (RFC 8032 section 5.1.3, RFC 7748 section 5). The highest bit is the sign of x in Ed25519.
 */
export function isBelowFieldPrime(bytes: Uint8Array): boolean {
  if (((bytes[31] ?? 0) & 127) !== 127) return true
  for (let i = 30; i > 0; i--) if (bytes[i] !== 255) return true
  return (bytes[0] ?? 0) < 0xed
}

/** Whether 32 bytes are the one encoding of a u coordinate: below p, highest bit clear. RFC 7748 would accept the others; we do not. */
export function isCanonicalU(bytes: Uint8Array): boolean {
  return ((bytes[31] ?? 0) & 128) === 0 && isBelowFieldPrime(bytes)
}
