/**
 * @module service/define
 * A helper that keeps a definition's literal properties. Not here: what a definition is (`service.ts`).
 */
import type { ServiceDefinition } from './service.ts'

/** Properties that the placement check of `createNode` reads from a definition's own type. */
type Declared = Pick<ServiceDefinition<never, never, never>, 'name' | 'module'>

/**
 * Gives `definition` back with its exact type, so that `sync`, `restartable` and `crossing` are still known to be there;
 * an annotation with `ServiceDefinition<…>` would forget them, and a placement that needs them would not compile.
 *
 * @example
 * export const counter = define({
 *   name: 'counter',
 *   module: import.meta.url,
 *   sync: true,
 *   create: (start: number): Service<number, number> => {
 *     let sum = start
 *     return { handle: (add, emit) => void emit((sum += add)) }
 *   },
 * })
 */
export function define<Init, Command, Event, Saved, const D extends Declared>(
  definition: D & ServiceDefinition<Init, Command, Event, Saved>
): D & ServiceDefinition<Init, Command, Event, Saved> {
  return definition
}
