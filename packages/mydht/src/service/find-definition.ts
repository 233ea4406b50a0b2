/**
 * @module service/find-definition
 * From a definition's module and name to the definition, in whichever thread this is. Not here: when that is needed (`remote/`, and services that
 * spawn others).
 */
import { MyDhtError } from '../errors.ts'
import type { ServiceDefinition } from './service.ts'

/** A definition of which only the name is known. */
export type AnyDefinition = ServiceDefinition<unknown, unknown, unknown, unknown>

/** What is enough to find a definition. */
export interface DefinitionPlace {
  readonly module: string
  readonly name: string
}

/** Imports a definition. Rejects with MYDHT_BAD_CONFIG where its module exports none of that name, and with what the import says. */
export async function findDefinition({ module, name }: DefinitionPlace): Promise<AnyDefinition> {
  const exported: Readonly<Record<string, unknown>> = await import(module)
  const found = Object.values(exported).find((value) => isDefinition(value, name))
  if (isDefinition(found, name)) return found
  const said = `${module} exports no service definition named '${name}': export it, and say module: import.meta.url`
  throw new MyDhtError('MYDHT_BAD_CONFIG', said)
}

function isDefinition(value: unknown, name: string): value is AnyDefinition {
  if (typeof value !== 'object' || value === null || !('name' in value) || value.name !== name) return false
  return 'create' in value && typeof value.create === 'function'
}
