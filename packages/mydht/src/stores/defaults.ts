/**
 * @module stores/defaults
 * Bounds of stores that the configuration leaves out, each with its reason.
 */

/** Records in all: what a small node can hold without noticing. */
export const maxRecords = 65_536

/** Bytes of keys and records in all: 64 MiB, a tenth of the smallest machine we think of. */
export const maxBytes: number = 64 * 1024 * 1024

/** The longest key, in letters. Ids have 52. */
export const maxKeyLength = 64
