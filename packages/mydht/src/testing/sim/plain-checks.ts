/**
 * @module testing/sim/plain-checks
 * Checks of what a scenario file says, in the words of its errors. Not here: which parts a scenario has (`scenario-check.ts`).
 */

/** Throws TypeError where `value` is no object, or has a part that is none of `names`: it is misspelt, and would be ignored. */
export function checkNames(name: string, value: unknown, names: ReadonlySet<string>): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new TypeError(`${name}: got ${value === null ? 'null' : typeof value}, give an object`)
  for (const part of Object.keys(value)) {
    if (!names.has(part)) throw new TypeError(`'${part}' is no part of ${name}: give some of ${[...names].join(', ')}`)
  }
}

/** Throws TypeError for what is no number from 0 to 1. */
export function checkShare(name: string, value: unknown): void {
  if (typeof value === 'number' && value >= 0 && value <= 1) return
  throw new TypeError(`${name}: got ${String(value)}, give a share from 0 to 1`)
}

/** Throws TypeError for what is no whole number from `least`. */
export function checkWhole(name: string, value: unknown, least: number): void {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least) return
  throw new TypeError(`${name}: got ${String(value)}, give a whole number from ${least}`)
}

/** Throws TypeError for what is none of the words. */
export function checkChoice(name: string, value: unknown, words: readonly string[]): void {
  if (words.some((word) => word === value)) return
  throw new TypeError(`${name}: got '${String(value)}', give one of ${words.join(', ')}`)
}
