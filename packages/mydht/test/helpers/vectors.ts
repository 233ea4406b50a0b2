/**
 * @module helpers/vectors
 * Reads the files of `test/vectors/`, which are our own: their shape is the reader's word.
 */
import { readFileSync } from 'node:fs'

/** One file of vectors. Tests run from `dist/test/<folder>/`, the files stay in `test/vectors/`. */
export function vectorsAt<T>(name: string): T {
  const text = readFileSync(new URL(`../../../test/vectors/${name}`, import.meta.url), 'utf8')
  const value: T = JSON.parse(text)
  return value
}

/** Bytes of hexadecimal text. */
export function unhex(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'hex'))
}
