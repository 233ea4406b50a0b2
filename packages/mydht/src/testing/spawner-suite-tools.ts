/**
 * @module testing/spawner-suite-tools
 * What the groups of the spawner suite share: what the suite is given, and a service on a bench. Not here: the tests (`spawner-suite-*.ts`).
 */
import assert from 'node:assert/strict'
import { MyDhtError, type ErrorCode } from '../errors.ts'
import type { Handle } from '../service/handle.ts'
import type { Spawner, SpawnParts } from '../service/spawner.ts'
import {
  gatedDestination,
  probe,
  type GatedDestination,
  type ProbeCommand,
  type ProbeEvent,
  type ProbeSaved,
} from './spawner-probe.ts'

/** What a spawner can do: the suite tests the rest only where it can. */
export interface SpawnerSupports {
  /** An idle service handles a command before `send` returns. */
  readonly atOnce: boolean
  /** `handle` may give a promise. */
  readonly async: boolean
  /** The instance is dropped when its queue is empty. */
  readonly suspends: boolean
  /**
   * The service runs on a thread or process that starts and ends with it, on the machine's clock: what `create` throws fails the handle,
   * nothing dead can emit, and times are stretched. @default false
   */
  readonly remote?: boolean
}

/** Bounds that the suite chooses for a test. */
export interface SuiteBounds {
  readonly queueLimit?: number
  readonly outboxLimit?: number
  readonly closeTimeoutMs?: number
}

/** One test's world. */
export interface SuiteWorld {
  readonly parts: SpawnParts
  /** Lets `ms` pass on the parts' clock and settles when everything that follows has happened. */
  readonly pass: (ms: number) => Promise<void>
}

/** What `spawnerSuite` needs. */
export interface SpawnerSuiteOptions {
  /** As `test` of node:test: called with a name and a function. */
  readonly test: (name: string, run: () => Promise<void>) => unknown
  readonly create: (bounds: SuiteBounds) => Spawner
  readonly supports: SpawnerSupports
  readonly open: () => SuiteWorld
}

/** A probe service that runs, and its destination. */
export interface Bench extends SuiteWorld {
  readonly handle: Handle<ProbeCommand, ProbeEvent, ProbeSaved>
  readonly gate: GatedDestination
}

/** What every group works with. */
export interface SuiteTools extends Pick<SpawnerSuiteOptions, 'create' | 'supports' | 'open'> {
  readonly kind: string
  /** Registers one test, under the spawner's name. */
  readonly check: (name: string, run: () => Promise<void>) => unknown
  /** A probe service of the spawner's. */
  readonly bench: (bounds?: SuiteBounds) => Bench
  /** A service whose next commands wait: its outbox is at its mark and its destination refuses. */
  readonly heldBench: (bounds: SuiteBounds) => Promise<Bench>
}

/** Makes them. */
export function suiteTools({ test, create, supports, open }: SpawnerSuiteOptions): SuiteTools {
  const kind = create({}).kind
  const bench = (bounds: SuiteBounds = {}): Bench => {
    const world = open()
    const gate = gatedDestination()
    const handle = create(bounds).spawn(probe, {}, world.parts, gate)
    return { ...world, gate, handle }
  }
  const heldBench = async (bounds: SuiteBounds): Promise<Bench> => {
    const made = bench({ outboxLimit: 1, ...bounds })
    made.gate.shut()
    assert.equal(made.handle.send({ type: 'echo', value: 0 }), true)
    await made.pass(0)
    return made
  }
  const check = (name: string, run: () => Promise<void>): unknown => test(`${kind}: ${name}`, run)
  return { kind, create, supports, open, check, bench, heldBench }
}

/** Whether an error has this code: for `assert.throws` and `assert.rejects`. */
export function code(expected: ErrorCode): (error: unknown) => boolean {
  return (error) => {
    assert.ok(MyDhtError.is(error, expected), `expected ${expected}, got ${String(error)}`)
    return true
  }
}

/** A command that the probe answers with the same number. */
export function echo(value: number): ProbeCommand {
  return { type: 'echo', value }
}

/** How many milliseconds a test's millisecond lasts: on a real clock long enough that a busy machine does not miss it. */
export function stepOf(supports: SpawnerSupports): number {
  return supports.remote === true ? 40 : 1
}

/** Settles when the echo of this value comes to the gate. */
export function arrival(gate: GatedDestination, value: number): Promise<void> {
  return new Promise((resolve) => {
    if (gate.values.includes(value)) resolve()
    gate.onValue = (one) => {
      if (one === value) resolve()
    }
  })
}

/** A signal that is never aborted. */
export const never: AbortSignal = new AbortController().signal

/** Lets things happen until `promise` settles. */
export async function answered<T>(promise: Promise<T>, pass: (ms: number) => Promise<void>): Promise<T> {
  const settled = Promise.allSettled([promise])
  await pass(0)
  await settled
  return promise
}
