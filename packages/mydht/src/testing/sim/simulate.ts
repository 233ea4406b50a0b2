/**
 * @module testing/sim/simulate
 * Runs a scenario: nodes start, values are put, the network lives, values are looked up; and says what came of it. Not here: pictures and files
 * (the command `mydht sim`).
 */
import { systemClock } from '../../clock.ts'
import type { Key } from '../../apps/kv/kv.ts'
import { maxTtlMs } from '../../apps/kv/defaults.ts'
import { keyToBytes } from '../../apps/kv/key.ts'
import { draw, fraction } from './distribution.ts'
import { createIdentity } from '../../identity/keys.ts'
import { peerKey } from '../../identity/peer-key.ts'
import { compareDistance } from '../../routes/xor.ts'
import { liveBytes } from './memory.ts'
import { nearestMembers } from './nearest.ts'
import { createPopulation, type Member, type Population } from './population.ts'
import { fullScenario, type FullScenario, type Scenario } from './scenario.ts'
import { simulation, type Simulation } from './simulation.ts'
import { rounded, summary, type Summary } from './statistics.ts'

/** What a simulation came to. All but `memoryPerNodeBytes` and `elapsedMs` are the same whenever the scenario is. */
export interface SimResult {
  readonly nodes: number
  readonly seed: number
  readonly lookups: number
  readonly succeeded: number
  /** From the asker to where the value was found: 0 is its own store. Of lookups that succeeded. */
  readonly hops: Summary
  /** How many lookups went so many hops: the first number is of those that went none. */
  readonly hopCounts: readonly number[]
  /** Messages of all nodes while the lookups ran, for each lookup. */
  readonly messages: { readonly mean: number }
  /** Simulated milliseconds of lookups that succeeded. */
  readonly lookupMs: Summary
  /** Values that were put, and of those that were looked up afterwards, how many somebody found. */
  readonly records: { readonly put: number; readonly found: number }
  /** Nodes that said of a put that they hold the value, beside the one that put it. */
  readonly holders: Summary
  /** Nodes that left and nodes that found nobody to join. */
  readonly left: number
  readonly lonely: number
  /** Bytes per second and node over the whole life of the network. */
  readonly bytesPerNodeSecond: number
  readonly memoryPerNodeBytes: number
  readonly simulatedMs: number
  readonly elapsedMs: number
  /** Lines of the log, and SHA-256 of them. */
  readonly lines: number
  readonly digest: string
}

/** What a simulation tells on its way. */
export interface SimProgress {
  readonly phase: 'start' | 'put' | 'live' | 'lookup'
  /** From 0 to 1 of this phase. */
  readonly done: number
  readonly simulatedMs: number
}

/** How to run it. */
export interface SimulateOptions {
  /** Called at most a thousand times in each phase. */
  readonly onProgress?: ((progress: SimProgress) => void) | undefined
  /** Gets each line of the log. */
  readonly onLine?: ((line: string) => void) | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * Runs a scenario. Rejects with TypeError for one that makes no sense, with `signal.reason`, and with a SimulationError that names the seed when
 * anything else goes wrong.
 *
 * @example
 * console.log(await simulate({ nodes: 100, lookups: 500, seed: 7 }))
 */
export async function simulate(scenario: Scenario, options: SimulateOptions = {}): Promise<SimResult> {
  const full = fullScenario(scenario)
  const startedMs = systemClock.monotonicMs()
  const before = liveBytes()
  const running = simulation({ seed: full.seed, network: full.network, onLine: options.onLine }, async (sim) => {
    const run = createRun(sim, full, options)
    await startAll(run)
    await pass(run, full.settleMs, 'start')
    const memoryPerNodeBytes = Math.max(0, Math.round((liveBytes() - before) / full.nodes))
    const keys = await sim.run(putAll(run))
    const [target] = keys
    if (target !== undefined && full.sybils > 0) await sim.run(surround(run, keyToBytes(target)))
    await live(run)
    const messagesBefore = await sim.run(run.population.messages())
    const found = await sim.run(lookUp(run, keys), { maxMs: Infinity })
    const messages = (await sim.run(run.population.messages())) - messagesBefore
    const simulatedMs = sim.clock.monotonicMs()
    const result: SimResult = {
      nodes: full.nodes,
      seed: full.seed,
      lookups: full.lookups,
      succeeded: found.hops.length,
      hops: summary(found.hops),
      hopCounts: countsOf(found.hops),
      messages: { mean: rounded(messages / Math.max(1, full.lookups)) },
      lookupMs: summary(found.durationsMs),
      records: { put: keys.length, found: found.keys.size },
      holders: summary(run.acknowledged),
      left: run.left,
      lonely: run.population.lonely,
      bytesPerNodeSecond: rounded((sim.network.stats().bytes / full.nodes / Math.max(1, simulatedMs)) * 1000),
      memoryPerNodeBytes,
      simulatedMs: rounded(simulatedMs),
      elapsedMs: 0,
      lines: 0,
      digest: '',
    }
    run.over = true
    await sim.run(Promise.all(run.population.members.map(({ node }) => node.close())))
    const elapsedMs = Math.round(systemClock.monotonicMs() - startedMs)
    return { ...result, elapsedMs, lines: sim.lines, digest: sim.digest() }
  })
  return running.catch((thrown: unknown) => {
    throw options.signal?.aborted ? options.signal.reason : thrown
  })
}

interface Run {
  readonly sim: Simulation
  readonly scenario: FullScenario
  readonly options: SimulateOptions
  readonly population: Population
  /** How many nodes said of a put that they hold it, for each put. */
  readonly acknowledged: number[]
  left: number
  over: boolean
  /** What went wrong beside the scenario's own steps. */
  failure: { readonly thrown: unknown } | undefined
  /** The step of progress that was told last. */
  reported: string
}

function createRun(sim: Simulation, scenario: FullScenario, options: SimulateOptions): Run {
  return {
    sim,
    scenario,
    options,
    population: createPopulation(sim, scenario),
    acknowledged: [],
    left: 0,
    over: false,
    failure: undefined,
    reported: '',
  }
}

/** Simulated milliseconds in which a network of any size starts, and starts under way at a time at the least. */
const rampMs = 60_000
const startLanes = 4

/** Starts all nodes, several at a time. The first ones are honest: a network that begins with an attacker is his. */
async function startAll(run: Run): Promise<void> {
  const { sim, scenario, population } = run
  const chance = sim.random('malice')
  const malicious = Array.from({ length: scenario.nodes }, (_, i) => i > 0 && fraction(chance) < scenario.malicious)
  let next = 0
  const lane = async (): Promise<void> => {
    while (next < scenario.nodes) {
      throwIfAborted(run)
      report(run, 'start', next / scenario.nodes)
      const member = await population.start({ malice: malicious[next++] ? scenario.malice : undefined })
      if (member) schedule(run, member)
    }
  }
  const first = await sim.run(population.start({ malice: undefined }))
  if (!first) throw new Error('the first node did not start')
  schedule(run, first)
  next = 1
  // As many at a time as it takes: a start needs about a third of a second.
  const lanes = Math.max(startLanes, Math.ceil((scenario.nodes * 300) / rampMs))
  await sim.run(Promise.all(Array.from({ length: lanes }, lane)))
}

/** Has a member leave when its session is over, and a new node come in its place. */
function schedule(run: Run, member: Member): void {
  const { sim, scenario, population } = run
  if (scenario.sessionMinutes === 'for ever') return
  const chance = sim.random(`session of ${member.node.id}`)
  sim.clock.after(draw(scenario.sessionMinutes, chance) * 60_000, () => {
    if (run.over || !population.kill(member, fraction(chance) < scenario.silentLeaves ? 'silent' : 'reset')) return
    run.left++
    population.start({ malice: member.malice }).then(
      (next) => next && schedule(run, next),
      (thrown: unknown) => {
        // Told by the next step of the scenario, with the seed, instead of by a process that dies.
        run.failure ??= { thrown }
      }
    )
  })
}

/** How much longer than the network is watched a value lives, in hours. */
const ttlHours = 24

async function putAll(run: Run): Promise<readonly Key[]> {
  const { sim, scenario, population } = run
  const chance = sim.random('put')
  const keys: Key[] = []
  await inLanes(run, 'put', scenario.records, async (index) => {
    const member = population.someHonest(chance)
    if (!member) return
    const ttlMs = Math.min(maxTtlMs, (scenario.hours + ttlHours) * 3_600_000)
    const { key, holders } = await member.node.kv.put(`record ${index} of seed ${scenario.seed}`, { ttlMs })
    keys.push(key)
    if (holders) run.acknowledged.push(holders.acknowledged)
  })
  return keys
}

/** Has an attacker's nodes come, each nearer to a key than all others: he makes identities until he has them. */
async function surround(run: Run, key: Uint8Array): Promise<void> {
  const { sim, scenario, population } = run
  const chance = sim.random('sybils')
  const [nearest] = nearestMembers(population.members, key, 1)
  if (!nearest) return
  const border = peerKey(nearest.node.id)
  const block = Array.from(
    { length: scenario.sybilBlocks },
    () => `${91 + chance.below(5)}.${chance.below(256)}.${chance.below(256)}`
  )
  let tries = 0
  for (let index = 0; index < scenario.sybils; index++) {
    let seed = chance.bytes(32)
    for (tries++; compareDistance(key, peerKey(createIdentity(seed, 'any').id), border) >= 0; tries++)
      seed = chance.bytes(32)
    const host = `${block[index % block.length]}.${1 + Math.floor(index / block.length)}`
    await population.start({ malice: 'lying', seed, host })
  }
  sim.note(`${scenario.sybils} sybils after ${tries} identities`)
}

/** The time between the puts and the lookups, and what happens in it. */
async function live(run: Run): Promise<void> {
  const { sim, scenario, population } = run
  await pass(run, scenario.hours * 3_600_000, 'live')
  if (scenario.kill > 0) {
    const chance = sim.random('kill')
    const doomed = population.members.filter(() => fraction(chance) < scenario.kill)
    sim.note(`killed ${doomed.length}`)
    for (const member of doomed) population.kill(member, 'silent')
    run.left += doomed.length
  }
  await pass(run, scenario.recoverMinutes * 60_000, 'live')
  await pass(run, scenario.settleMs, 'live')
}

interface Found {
  readonly hops: number[]
  readonly durationsMs: number[]
  readonly keys: Set<Key>
}

async function lookUp(run: Run, keys: readonly Key[]): Promise<Found> {
  const { sim, scenario, population } = run
  const chance = sim.random('lookup')
  const found: Found = { hops: [], durationsMs: [], keys: new Set() }
  await inLanes(run, 'lookup', scenario.lookups, async (index) => {
    const key = keys[scenario.sybils > 0 ? 0 : index % Math.max(1, keys.length)]
    const member = population.someHonest(chance)
    if (key === undefined || !member) return
    const beganMs = sim.clock.monotonicMs()
    try {
      const { mode, paths } = scenario
      for await (const hit of member.node.kv.find(key, { mode, paths })) {
        found.hops.push(hit.hops)
        found.durationsMs.push(rounded(sim.clock.monotonicMs() - beganMs))
        found.keys.add(key)
        sim.note(`found ${key} by ${member.node.id} hops ${hit.hops}`)
        return
      }
    } catch (thrown) {
      // Its session was over meanwhile, perhaps.
      sim.note(`failed ${key} ${String(thrown)}`)
      return
    }
    sim.note(`missed ${key} by ${member.node.id}`)
  })
  return found
}

function countsOf(hops: readonly number[]): readonly number[] {
  const counts = Array.from({ length: hops.length === 0 ? 0 : Math.max(...hops) + 1 }, () => 0)
  for (const each of hops) counts[each] = (counts[each] ?? 0) + 1
  return counts
}

async function inLanes(
  run: Run,
  phase: SimProgress['phase'],
  count: number,
  work: (index: number) => Promise<void>
): Promise<void> {
  let next = 0
  const lane = async (): Promise<void> => {
    while (next < count) {
      throwIfAborted(run)
      report(run, phase, next / count)
      await work(next++)
    }
  }
  await Promise.all(Array.from({ length: Math.max(1, run.scenario.parallel) }, lane))
}

/** Lets simulated time pass, in steps that can be reported and aborted. */
async function pass(run: Run, ms: number, phase: SimProgress['phase']): Promise<void> {
  const steps = Math.ceil(ms / 60_000)
  for (let step = 0; step < steps; step++) {
    throwIfAborted(run)
    report(run, phase, step / steps)
    await run.sim.clock.advance(ms / steps)
  }
}

function report(run: Run, phase: SimProgress['phase'], done: number): void {
  const step = `${phase} ${Math.floor(done * 1000)}`
  if (step === run.reported) return
  run.reported = step
  run.options.onProgress?.({ phase, done, simulatedMs: run.sim.clock.monotonicMs() })
}

function throwIfAborted(run: Run): void {
  if (run.failure) throw run.failure.thrown
  run.options.signal?.throwIfAborted()
}
