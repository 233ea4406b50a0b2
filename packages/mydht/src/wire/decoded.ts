/**
 * @module wire/decoded
 * The result of decoding bytes that somebody else wrote: a value, never a throw.
 */

/** Why bytes were refused. `at` in `Decoded` is the offset of the first byte that was wrong. */
export type DecodeCode =
  | 'too-short'
  | 'too-long'
  | 'unknown-type'
  | 'bad-value'
  | 'not-canonical'
  | 'trailing-bytes'
  | 'bad-text'
  | 'too-deep'

/** What decoding gives: the value, or the code and the offset where it went wrong. */
export type Decoded<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly code: DecodeCode; readonly at: number }
