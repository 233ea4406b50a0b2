/**
 * @module test/kill/rounds
 * Kills a process that writes, again and again, and looks each time whether what it had acknowledged is there: after each kill the store must hold
 * exactly what some step left behind, and none before the last that was acknowledged.
 *
 * Run it longer: node packages/level/dist/test/kill/rounds.js --rounds 2000 --seed 7
 */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface, type Interface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { realise, seededRandom, systemClock, type Random } from 'mydht'
import { level } from 'mydht-level'
import { stepsOf, type Step } from './plan.ts'

/** What was killed and found. */
export interface KillReport {
  readonly rounds: number
  readonly seed: number
  /** Kills before the store was open. */
  readonly whileOpening: number
  /** Steps that were acknowledged, all found. */
  readonly acknowledged: number
  /** Steps that were found though nobody had been told of them yet. */
  readonly more: number
  readonly elapsedMs: number
}

interface Child {
  readonly process: ChildProcessWithoutNullStreams
  readonly lines: Interface
}

/** Steps that a child can be ahead of what it has said, with what waits in the pipe. */
const maxAhead = 1000

/** Kills `rounds` times, or as often as `budgetMs` allow. Rejects, naming seed and round, when something acknowledged is missing or something else is there. */
export async function killRounds(wanted: number, seed: number, budgetMs: number = Infinity): Promise<KillReport> {
  const folder = mkdtempSync(path.join(tmpdir(), 'mydht-kill-'))
  const random = seededRandom(seed)
  const startedMs = performance.now()
  let [rounds, whileOpening, acknowledged, more] = [0, 0, 0, 0]
  let state: ReadonlyMap<string, Uint8Array> = new Map()
  // The next one starts while this one is at work: starting Node takes longest.
  let next = startChild()
  try {
    while (rounds < wanted && performance.now() - startedMs < budgetMs) {
      const round = ++rounds
      const child = next
      next = startChild()
      const { opened, done } = await liveAndDie(child, `${folder} ${seed} ${round}`, random)
      const found = await stateOf(folder)
      const steps = stepsUntil(state, found, stepsOf(seed, round), done)
      if (steps === undefined)
        throw new Error(
          `seed ${seed}, round ${round}: ${done} steps were acknowledged, and what is there is none of their outcomes`
        )
      if (!opened) whileOpening++
      acknowledged += done
      more += steps - done
      state = found
    }
  } finally {
    next.process.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  }
  return { rounds, seed, whileOpening, acknowledged, more, elapsedMs: Math.round(performance.now() - startedMs) }
}

function startChild(): Child {
  const started = spawn(process.execPath, [fileURLToPath(new URL('child.js', import.meta.url))])
  started.stderr.pipe(process.stderr)
  return { process: started, lines: createInterface({ input: started.stdout }) }
}

/** One life: until so many steps are acknowledged, or so many milliseconds after it was told to begin. Gives what it had said when it was gone. */
async function liveAndDie(
  { process: child, lines }: Child,
  task: string,
  random: Random
): Promise<{ readonly opened: boolean; readonly done: number }> {
  const byTime = random.below(3) === 0
  const afterMs = random.below(40)
  const afterSteps = random.below(40)
  let opened = false
  let done = 0
  const gone = new Promise<void>((resolve) => lines.once('close', resolve))
  lines.on('line', (line) => {
    if (line === 'open') opened = true
    if (line.startsWith('done ')) done = Number(line.slice(5))
    if (!byTime && opened && done >= afterSteps) child.kill('SIGKILL')
    // The one place where a test looks at the clock: any moment will do.
    if (line === 'opening' && byTime) setTimeout(() => child.kill('SIGKILL'), afterMs)
  })
  child.stdin.write(`${task}\n`)
  await gone
  if (child.exitCode === null && child.signalCode === null) await new Promise((resolve) => child.once('exit', resolve))
  if (child.signalCode !== 'SIGKILL')
    throw new Error(`the child ended by itself with exit code ${child.exitCode}: ${task}`)
  return { opened, done }
}

/** All that the store holds now. */
async function stateOf(folder: string): Promise<ReadonlyMap<string, Uint8Array>> {
  const store = await realise(level({ folder }))({ clock: systemClock })
  await store.loaded
  const found = new Map<string, Uint8Array>()
  for (const [key, { bytes }] of store.entries()) found.set(key, bytes)
  if (store.size().records !== found.size) throw new Error('the store counts other records than it has')
  await store.close()
  return found
}

/** After how many steps, `least` or more, `before` becomes `after`; undefined: after none. */
function stepsUntil(
  before: ReadonlyMap<string, Uint8Array>,
  after: ReadonlyMap<string, Uint8Array>,
  steps: Iterable<Step>,
  least: number
): number | undefined {
  const model = new Map(before)
  /** Keys at which the two differ. */
  const unlike = new Set([...before.keys(), ...after.keys()].filter((key) => !same(before.get(key), after.get(key))))
  let count = 0
  for (const step of steps) {
    if (count >= least && unlike.size === 0) return count
    if (count > least + maxAhead) return undefined
    count++
    for (const { key, value } of step) {
      if (value === undefined) model.delete(key)
      else model.set(key, value)
      if (same(model.get(key), after.get(key))) unlike.delete(key)
      else unlike.add(key)
    }
  }
  return undefined
}

function same(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a === undefined || b === undefined ? a === b : Buffer.compare(a, b) === 0
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({ options: { rounds: { type: 'string' }, seed: { type: 'string' } } })
  console.log(JSON.stringify(await killRounds(Number(values.rounds ?? 1000), Number(values.seed ?? 1))))
}
