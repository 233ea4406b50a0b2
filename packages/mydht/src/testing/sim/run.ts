/**
 * @module testing/sim/run
 * One run of a scenario: what its phases share, how time passes in them, and what is told meanwhile. Not here: the phases (`starting.ts`, `records.ts`,
 * `living.ts`, `lookups.ts`).
 */
import { MyDhtError } from '../../errors.ts'
import type { Random } from '../../random.ts'
import { createPopulation, type Member, type Population } from './population.ts'
import type { HourlyLookups } from './result.ts'
import type { FullScenario } from './scenario.ts'
import type { Simulation } from './simulation.ts'

/** What a simulation tells on its way. */
export interface SimProgress {
  readonly phase: 'start' | 'put' | 'live' | 'lookup'
  /** From 0 to 1 of this phase. */
  readonly done: number
  /** The lookups of the last hour that is over, with `hourlyLookups`. */
  readonly hourly: HourlyLookups | undefined
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

/** What the phases of a run share. */
export interface Run {
  readonly sim: Simulation
  readonly scenario: FullScenario
  readonly options: SimulateOptions
  readonly population: Population
  /** How many nodes said of a put that they hold it, for each put. */
  readonly acknowledged: number[]
  readonly hourly: HourlyLookups[]
  left: number
  /** New versions of records that were published. */
  updated: number
  over: boolean
  /** What went wrong beside the scenario's own steps. */
  failure: { readonly thrown: unknown } | undefined
  /** The step of progress that was told last. */
  reported: string
}

/** A run that has not begun. */
export function createRun(sim: Simulation, scenario: FullScenario, options: SimulateOptions): Run {
  return {
    sim,
    scenario,
    options,
    population: createPopulation(sim, scenario),
    acknowledged: [],
    hourly: [],
    left: 0,
    updated: 0,
    over: false,
    failure: undefined,
    reported: '',
  }
}

/** Does a piece of work so often, several at a time as the scenario says. `phase`: of which progress is told; undefined: it is work beside the steps. */
export async function inLanes(
  run: Run,
  phase: SimProgress['phase'] | undefined,
  count: number,
  work: (index: number) => Promise<void>
): Promise<void> {
  let next = 0
  const lane = async (): Promise<void> => {
    while (next < count) {
      throwIfAborted(run)
      if (phase !== undefined) report(run, phase, next / count)
      await work(next++)
    }
  }
  await Promise.all(Array.from({ length: Math.max(1, run.scenario.parallel) }, lane))
}

/** Has an honest member by chance do something, and another one if its session is over meanwhile. Undefined: nobody is left. */
export async function bySomebody<T>(
  { population }: Run,
  chance: Random,
  work: (member: Member) => Promise<T>
): Promise<T | undefined> {
  for (;;) {
    const member = population.someHonest(chance)
    if (!member) return undefined
    try {
      const done = await work(member)
      if (population.runs(member)) return done
    } catch (thrown) {
      if (!(thrown instanceof MyDhtError) || population.runs(member)) throw thrown
    }
  }
}

/** Lets simulated time pass, in steps that can be reported and aborted. `from` and `to`: which part of the phase that is. */
export async function pass(run: Run, ms: number, phase: SimProgress['phase'], from = 0, to = 1): Promise<void> {
  const steps = Math.ceil(ms / 60_000)
  for (let step = 0; step < steps; step++) {
    throwIfAborted(run)
    report(run, phase, from + (step / steps) * (to - from))
    await run.sim.clock.advance(ms / steps)
  }
}

/** Tells how far a phase is, where that is news. */
export function report(run: Run, phase: SimProgress['phase'], done: number): void {
  const step = `${phase} ${Math.floor(done * 1000)}`
  if (step === run.reported) return
  run.reported = step
  run.options.onProgress?.({ phase, done, simulatedMs: run.sim.clock.monotonicMs(), hourly: run.hourly.at(-1) })
}

/** Throws what went wrong beside the steps of the run, or the reason of an abort. */
export function throwIfAborted(run: Run): void {
  if (run.failure) throw run.failure.thrown
  run.options.signal?.throwIfAborted()
}
