/**
 * @module service/spawn-check
 * Run-time checks when a service is spawned, for programs that the type check of placements did not see.
 */
import { MyDhtError } from '../errors.ts'
import type { ChannelKind, Need } from './spawner.ts'

/** The part of a definition that says what it offers. */
type Offers = { readonly name: string } & { readonly [N in Need]?: unknown }

const remedies: Readonly<Record<Need, string>> = {
  sync: 'say sync: true if every handle is done when it returns, or place it with coroutine()',
  restartable: 'write save(), let create() take what it gave, and say restartable: true; or place it with coroutine()',
  crossing: 'give it crossing: codecs of init, command and event; or place it on this thread with coroutine()',
}

/** Throws MYDHT_BAD_CONFIG when `definition` lacks one of `needs`: the message names the service, the spawner and the need. */
export function checkNeeds(definition: Offers, kind: string, needs: readonly Need[]): void {
  for (const need of needs) {
    if (definition[need] !== undefined) continue
    const service = definition.name
    throw new MyDhtError(
      'MYDHT_BAD_CONFIG',
      `service '${service}': its definition lacks '${need}', which ${kind}() needs: ${remedies[need]}`,
      { details: { service, spawner: kind, need } }
    )
  }
}

/** Gives the channel, the first of `known` where none is asked for. Throws MYDHT_BAD_CONFIG where the spawner `kind` has no such channel. */
export function checkChannel<C extends ChannelKind>(
  kind: string,
  channel: C | undefined,
  known: readonly [C, ...C[]]
): C {
  if (channel === undefined) return known[0]
  if (known.includes(channel)) return channel
  throw new MyDhtError(
    'MYDHT_BAD_CONFIG',
    `${kind}({ channel }) is '${String(channel)}': use ${known.map((each) => `'${each}'`).join(' or ')}`
  )
}

/** Gives `value` back, or throws MYDHT_BAD_CONFIG where it is no whole number from 1. `name` is the option's, with its owner. */
export function checkCount(name: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= 1) return value
  throw new MyDhtError('MYDHT_BAD_CONFIG', `${name} is ${value}: give a whole number from 1`)
}

/** Gives `value` back, or throws MYDHT_BAD_CONFIG where it is no finite number of milliseconds above 0. */
export function checkMs(name: string, value: number): number {
  if (value > 0 && value < Infinity) return value
  throw new MyDhtError('MYDHT_BAD_CONFIG', `${name} is ${value}: give a finite number of milliseconds above 0`)
}
