/**
 * @module testing/sim/simulation
 * A world of simulated time: nodes of the very code that runs in the open, of which only clock, chance and transport are others. The same seed
 * gives the same log, byte for byte (on the same version of Node). Not here: scenarios (`scenario.ts`).
 */
import { createNode, type Node } from '../../node/node.ts'
import type { AnyApp, NodeConfig } from '../../node/config.ts'
import type { CheckedPlacement, Placement } from '../../node/placement-types.ts'
import type { RefKind } from '../../service/spawner.ts'
import type { TransportPart } from '../../transports/transport.ts'
import { rememberVerifiedRecords } from '../../identity/verified-records.ts'
import { seededRandom, type Random } from '../../random.ts'
import { none } from '../../shadows/none.ts'
import { virtualClock, type VirtualClock } from '../virtual-clock.ts'
import { createEventLog } from './event-log.ts'
import { createSimNetwork, type SimHost, type SimNetwork, type SimNetworkOptions } from './network.ts'

/** Checked records that the nodes of a simulation, which share a thread, remember together: one of each of its nodes and some that are gone. */
const mostRecords = 262_144

/** Options of a simulation. */
export interface SimulationOptions {
  /** A whole number from 0 to 2^32 - 1: decides everything that chance decides. */
  readonly seed: number
  readonly network?: SimNetworkOptions | undefined
  /** Gets each line of the log. */
  readonly onLine?: ((line: string) => void) | undefined
}

/** What a simulated node's configuration may say: all but what makes it simulated. */
export type SimNodeConfig<Apps extends Readonly<Record<string, AnyApp>>> = Omit<
  NodeConfig<Apps>,
  'transport' | 'clock' | 'random' | 'signal'
>

/** The same with services in places of their own: on this thread, which virtual time needs. */
export type PlacedSimNodeConfig<Apps extends Readonly<Record<string, AnyApp>>, P> = SimNodeConfig<Apps> & {
  readonly placement?: (P & CheckedPlacement<Apps, P, RefKind>) | undefined
}

/** A world of simulated time. */
export interface Simulation {
  readonly seed: number
  readonly clock: VirtualClock
  readonly network: SimNetwork
  /** Chance of its own for whatever `name` names, so that one more question here changes nothing there. */
  random(name: string): Random
  /**
   * Starts a node on `host` (@default a new one with a public address); settles, as `createNode` does, while `run` moves time. Its shadow
   * is `none` unless the configuration says otherwise: who listens in is no part of most simulations.
   */
  createNode<
    const Apps extends Readonly<Record<string, AnyApp>> = Readonly<Record<never, AnyApp>>,
    const P extends Placement<Apps> = Readonly<Record<never, never>>,
  >(
    config: PlacedSimNodeConfig<Apps, P>,
    host?: SimHost
  ): Promise<Node<Apps>>
  /** Moves time until a promise settles; rejects with an Error after `maxMs` of simulated time (@default an hour). */
  run<T>(promise: Promise<T>, options?: { readonly maxMs?: number | undefined }): Promise<T>
  /** Adds a line of the program's own to the log. */
  note(text: string): void
  /** SHA-256 of the log so far, in hexadecimal. */
  digest(): string
  /** Lines of the log so far. */
  readonly lines: number
}

/**
 * Makes a simulation.
 *
 * @example
 * const sim = createSimulation({ seed: 7 })
 * const a = await sim.run(sim.createNode({ apps: { kv: kv() } }))
 * const b = await sim.run(sim.createNode({ apps: { kv: kv() }, join: [a.address] }))
 * const { key } = await sim.run(a.kv.put('hello'))
 * console.log(await sim.run(b.kv.getText(key)), sim.clock.monotonicMs(), sim.digest())
 */
export function createSimulation(options: SimulationOptions): Simulation {
  const { seed, network = {}, onLine } = options
  if (!Number.isInteger(seed) || seed < 0 || seed > 0xffff_ffff)
    throw new TypeError(`seed: got ${seed}, give a whole number from 0 to 2^32 - 1`)
  rememberVerifiedRecords(mostRecords)
  const clock = virtualClock()
  const log = createEventLog(clock, onLine)
  const net = createSimNetwork(network, seed, clock, log)
  let nodes = 0
  return {
    seed,
    clock,
    network: net,
    random: (name) => seededRandom(hash32(`${seed} ${name}`)),
    async createNode<const Apps extends Readonly<Record<string, AnyApp>>, const P extends Placement<Apps>>(
      config: PlacedSimNodeConfig<Apps, P>,
      host = net.addHost()
    ) {
      const number = nodes++
      const random = seededRandom(hash32(`${seed} node ${number}`))
      const node = await createNode<Apps, P, RefKind, TransportPart>({
        shadow: none(),
        insecure: true,
        ...config,
        transport: host.transport(),
        clock,
        random,
        onEvent: (event) => {
          log.add(`node ${number} ${JSON.stringify(event)}`)
          config.onEvent?.(event)
        },
      })
      log.add(`node ${number} ${node.address} ${node.id}`)
      return node
    },
    run: (promise, { maxMs } = {}) => clock.until(promise, { maxMs }),
    note: (text) => log.add(`note ${text.replaceAll('\n', ' ')}`),
    digest: () => log.digest(),
    get lines() {
      return log.lines
    },
  }
}

/** What a failed simulation is reported with. */
export class SimulationError extends Error {
  readonly seed: number
  /** The simulated time of the failure, in milliseconds since the start. */
  readonly atMs: number

  constructor(simulation: Simulation, cause: unknown) {
    const atMs = simulation.clock.monotonicMs()
    super(
      `simulation of seed ${simulation.seed} failed at ${atMs} ms (run it again with that seed): ${String(cause)}`,
      {
        cause,
      }
    )
    this.name = 'SimulationError'
    this.seed = simulation.seed
    this.atMs = atMs
  }
}

/** Runs `body` in a simulation. Whatever it throws comes back as a SimulationError that names the seed, with which it happens again. */
export async function simulation<T>(
  options: SimulationOptions,
  body: (simulation: Simulation) => Promise<T>
): Promise<T> {
  const made = createSimulation(options)
  try {
    return await body(made)
  } catch (thrown) {
    throw new SimulationError(made, thrown)
  }
}

/** FNV-1a of a text, 32 bits: spreads names over seeds. */
export function hash32(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return hash >>> 0
}
