/**
 * @module node/machine/none
 * The machine where nobody can be asked: browsers. It is the package import `#machine` there.
 */
import type { Machine } from './machine.ts'

/** Says nothing. */
export const machine: Machine = { memory: () => undefined, watchLoop: () => undefined }
