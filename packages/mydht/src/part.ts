/**
 * @module part
 * Parts as blueprints: plain data that names a factory and its options, made real in the thread where it runs.
 */
import { MyDhtError } from './errors.ts'
import { findNested, replaceNested } from './nested.ts'

/** Holds the factory itself, beside the data, for the thread that made the blueprint. Symbol keys do not cross threads. */
const local: unique symbol = Symbol('mydht.part.local')

/**
 * A blueprint of a `T`: a module's URL, the name of an exported factory there, and the options to call it with.
 * It crosses threads as long as `options` is plain data.
 */
export interface Part<T> {
  readonly module: string
  readonly export: string
  readonly options: unknown
  readonly [local]?: (() => T) | undefined
}

/**
 * Makes a blueprint. With `factory` it can be made real here at once; without, its module is imported first.
 *
 * @example
 * export const tcp = (options: TcpOptions = {}): Part<TransportFactory> => part(import.meta.url, 'createTcp', options, createTcp)
 */
export function part<T, O>(module: string, name: string, options: O, factory?: (options: O) => T): Part<T> {
  return { module, export: name, options, [local]: factory && (() => factory(options)) }
}

/**
 * Makes the blueprint's thing real in this thread. Throws MYDHT_BAD_CONFIG where the blueprint came from another thread
 * or names a module that `load` has not imported yet.
 */
export function realise<T>(blueprint: Part<T>): T {
  const make = blueprint[local]
  if (make) return make()
  throw new MyDhtError(
    'MYDHT_BAD_CONFIG',
    `${blueprint.export} of ${blueprint.module} is not loaded in this thread: call load(part) first`
  )
}

/**
 * Imports a blueprint's module where that is needed, and those of the blueprints in its options, so that `realise` can follow. Throws MYDHT_BAD_CONFIG
 * where the export is no function.
 */
export async function load<T>(blueprint: Part<T>): Promise<Part<T>> {
  if (blueprint[local]) return blueprint
  const options = await loadParts(blueprint.options)
  const found: Readonly<Record<string, unknown>> = await import(blueprint.module)
  const factory = found[blueprint.export]
  if (!isFactory<T>(factory)) {
    throw new MyDhtError(
      'MYDHT_BAD_CONFIG',
      `${blueprint.module} exports no function '${blueprint.export}': name an exported factory in part(…)`
    )
  }
  return { ...blueprint, options, [local]: () => factory(options) }
}

/** Whether a value is a blueprint. */
export function isPart(value: unknown): value is Part<unknown> {
  if (typeof value !== 'object' || value === null || !('options' in value)) return false
  return 'module' in value && typeof value.module === 'string' && 'export' in value && typeof value.export === 'string'
}

/** `data` with every blueprint in it loaded, at any sensible depth, so that `realise` can follow. The rest is as it was. Throws as `load`. */
export async function loadParts(data: unknown): Promise<unknown> {
  const found = [...findNested(data, isPart)]
  if (found.length === 0) return data
  const loaded = await Promise.all(found.map(async (each) => [each, await load(each)] as const))
  return replaceNested(data, new Map<unknown, unknown>(loaded))
}

function isFactory<T>(value: unknown): value is (options: unknown) => T {
  return typeof value === 'function'
}
