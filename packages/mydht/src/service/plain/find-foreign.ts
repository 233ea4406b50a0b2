/**
 * @module service/plain/find-foreign
 * Finds what keeps a value from being plain data, and where: for messages to people. Not here: writing values (`writer.ts`), which knows the
 * same rules and only says that there is something.
 */
import { MAX_DEPTH, type PlainExtension } from './kinds.ts'

/** What is not plain data. */
export interface Foreign {
  /** Where it is, as JavaScript says it: `options.validate`, `peers[3]`; '' for the value itself. */
  readonly path: string
  /** What it is, in words: `the function validate`. */
  readonly what: string
}

/** Stands for an element that is not there. */
const hole = Symbol('hole')

/** The first thing in `value` that cannot cross as plain data; undefined: it is plain all through. */
export function findForeign(value: unknown, extension?: PlainExtension<object>): Foreign | undefined {
  return find(value, '', 0, extension)
}

function find(
  value: unknown,
  path: string,
  depth: number,
  extension: PlainExtension<object> | undefined
): Foreign | undefined {
  if (typeof value === 'function')
    return { path, what: value.name === '' ? 'a function' : `the function ${value.name}` }
  if (typeof value === 'symbol') return { path, what: value === hole ? 'a hole in its array' : 'a symbol' }
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return undefined
  if (depth >= MAX_DEPTH) return { path, what: `deeper than ${MAX_DEPTH} levels (does it hold itself?)` }
  // What is in an error and cannot cross goes as text.
  if (value instanceof Error) return undefined
  for (const [inner, at] of inside(value, path, extension)) {
    const found = find(inner, at, depth + 1, extension)
    if (found !== undefined) return found
  }
  return isPlainKind(value) ? undefined : { path, what: `an instance of ${className(value)}` }
}

/** What an object holds, with the path of each. */
function* inside(
  value: object,
  path: string,
  extension: PlainExtension<object> | undefined
): Generator<readonly [unknown, string]> {
  if (extension?.is(value) === true) return
  if (Array.isArray(value)) {
    for (const [i, one] of value.entries()) yield [i in value ? one : hole, `${path}[${i}]`]
  } else if (value instanceof Map) {
    for (const [key, one] of value) {
      yield [key, `${path}.keys()`]
      yield [one, `${path}.get(${String(key)})`]
    }
  } else if (value instanceof Set) {
    for (const one of value) yield [one, `${path}.values()`]
  } else if (isPlainObject(value)) {
    for (const [key, one] of Object.entries(value)) yield [one, path === '' ? key : `${path}.${key}`]
  }
}

/** Whether an object is of none of the programs' own classes. */
export function isPlainObject(value: object): value is Readonly<Record<string, unknown>> {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

function isPlainKind(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return (
    isPlainObject(value) || prototype === Array.prototype || prototype === Map.prototype || prototype === Set.prototype
  )
}

function className(value: object): string {
  const { constructor } = value
  return typeof constructor === 'function' && constructor.name !== '' ? constructor.name : 'a class'
}
