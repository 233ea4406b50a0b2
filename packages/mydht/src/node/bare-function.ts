/**
 * @module node/bare-function
 * Finds a function among values that are to cross to another thread: the half of the check of a placement that works where no compiler has looked. Not here: types
 * (`crossable.ts`), and everything else that cannot cross, which the codecs tell.
 */

/**
 * Where the first function in `value` is, as `CannotCross` says it: `options.validate`; undefined: there is none. Looks into arrays, Maps, Sets and
 * objects, blueprints with their options among them; symbol keys stay behind, and the blueprint's own factory with them.
 */
export function bareFunction(value: unknown, at: string): string | undefined {
  return search(value, at, new Set())
}

function search(value: unknown, at: string, seen: Set<object>): string | undefined {
  if (typeof value === 'function') return at
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value) || seen.has(value)) return undefined
  seen.add(value)
  for (const [inner, where] of inside(value, at)) {
    const found = search(inner, where, seen)
    if (found !== undefined) return found
  }
  return undefined
}

/** What an object holds, and where. */
function* inside(value: object, at: string): Generator<readonly [unknown, string]> {
  if (Array.isArray(value)) for (const one of value) yield [one, `${at}[]`]
  else if (value instanceof Map) for (const one of [...value.keys(), ...value.values()]) yield [one, `${at}[]`]
  else if (value instanceof Set) for (const one of value) yield [one, `${at}[]`]
  else {
    const name = 'type' in value && typeof value.type === 'string' ? `${at} '${value.type}'` : at
    for (const [key, one] of Object.entries(value)) yield [one, `${name}.${key}`]
  }
}
