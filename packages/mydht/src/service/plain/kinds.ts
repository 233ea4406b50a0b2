/**
 * @module service/plain/kinds
 * First bytes of plain values, and what both directions agree on. Both ends are the same program: these numbers may change with any version.
 */

/** Small whole numbers are their own first byte: 0 to 127 as 128 to 255. */
export const SMALL = 0x80
/** Short ASCII texts: 0x40 and their length, 0 to 31. */
export const SHORT_TEXT = 0x40
/** The longest of them. */
export const SHORT_TEXT_MAX = 31

/** The value `undefined`. */
export const UNDEFINED = 0
/** The value `null`. */
export const NULL = 1
/** The value `false`. */
export const FALSE = 2
/** The value `true`. */
export const TRUE = 3
/** A whole number from 0, as a varint. */
export const WHOLE = 4
/** A whole number below 0: what it takes from -1 down, as a varint. */
export const NEGATIVE = 5
/** 8 bytes of IEEE 754. */
export const FLOAT = 6
/** 8 bytes: a bigint from 0 below 2^64. */
export const BIG = 7
/** Any other bigint, as text. */
export const BIG_TEXT = 8
/** UTF-8 behind its length. */
export const TEXT = 9
/** UTF-16 behind its number of units: text with lone surrogates, which UTF-8 cannot hold. */
export const UNITS = 10
/** Bytes behind their length. */
export const BYTES = 11
/** How many, then the values. */
export const ARRAY = 12
/** How many, then the values. */
export const SET = 13
/** How many, then keys and values. */
export const MAP = 14
/** How many, then keys and values. */
export const OBJECT = 15
/** The same without a prototype. */
export const BARE_OBJECT = 16
/** Name, message, stack, code, details, cause. */
export const ERROR = 17
/** The same, of a `MyDhtError`. */
export const MYDHT_ERROR = 18
/** A length in a byte, then bytes that the extension understands. */
export const EXTENSION = 19

/** Values inside each other. Real data has a handful of levels; a value that holds itself is found at this one. */
export const MAX_DEPTH = 64

/** Causes behind an error that cross with it: enough to see where it began. */
export const MAX_CAUSES = 4

/** Objects that are more than plain data, of one kind, and how they cross. */
export interface PlainExtension<T extends object> {
  /** Whether it is one of them. Asked of objects with the usual prototype. */
  is(value: object): value is T
  /** The most bytes that `write` takes: at most 255. */
  readonly maxBytes: number
  /** Writes it and gives the end. */
  write(value: T, into: Uint8Array, at: number): number
  /** Reads it from just its bytes. Throws what it likes on wrong ones. */
  read(bytes: Uint8Array): T
}
