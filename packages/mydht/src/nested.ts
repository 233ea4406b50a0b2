/**
 * @module nested
 * Finds values inside plain data (arrays, plain objects, Maps) and puts others in their place. Not here: which values (`part.ts`).
 */

/** Levels that are looked at: configuration nests a few; what is deeper is somebody's data, and is left as it is. */
const MAX_DEPTH = 16

/** All values inside `data`, itself included, that are `wanted`; not those inside of them. Each once, whatever circles the data holds. */
export function findNested<T>(data: unknown, wanted: (value: unknown) => value is T): Set<T> {
  const found = new Set<T>()
  const seen = new Set<unknown>()
  const walk = (value: unknown, depth: number): void => {
    if (typeof value !== 'object' || value === null || depth > MAX_DEPTH || seen.has(value)) return
    seen.add(value)
    if (wanted(value)) found.add(value)
    else for (const each of inside(value)) walk(each, depth + 1)
  }
  walk(data, 0)
  return found
}

/** `data` with each key of `replacements` replaced; what holds none of them is the same object as before. */
export function replaceNested(data: unknown, replacements: ReadonlyMap<unknown, unknown>): unknown {
  const done = new Map<unknown, unknown>(replacements)
  const walk = (value: unknown, depth: number): unknown => {
    if (typeof value !== 'object' || value === null || depth > MAX_DEPTH) return value
    if (done.has(value)) return done.get(value)
    // What leads back to itself meets itself, unreplaced: circles hold no configuration.
    done.set(value, value)
    const replaced = rebuilt(value, (each) => walk(each, depth + 1))
    done.set(value, replaced)
    return replaced
  }
  return walk(data, 0)
}

function inside(value: object): Iterable<unknown> {
  if (Array.isArray(value)) return value
  if (value instanceof Map) return value.values()
  return isPlain(value) ? Object.values(value) : []
}

function rebuilt(value: object, walk: (each: unknown) => unknown): unknown {
  let changed = false
  const step = (each: unknown): unknown => {
    const next = walk(each)
    if (next !== each) changed = true
    return next
  }
  if (Array.isArray(value)) {
    const items = value.map(step)
    return changed ? items : value
  }
  if (value instanceof Map) {
    const entries = [...value].map(([key, each]: [unknown, unknown]): [unknown, unknown] => [key, step(each)])
    return changed ? new Map(entries) : value
  }
  if (!isPlain(value)) return value
  const entries = Object.entries(value).map(([key, each]): [string, unknown] => [key, step(each)])
  return changed ? Object.fromEntries(entries) : value
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
