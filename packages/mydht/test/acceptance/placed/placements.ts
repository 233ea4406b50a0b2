/**
 * @module test/acceptance/placed/placements
 * Placements of a node with the apps `kv` and `touch` that the acceptance list must pass under, by name. Each is made anew for each node.
 */
import { seededRandom } from '../../../src/random.ts'
import { coroutine } from '../../../src/service/spawners/coroutine.ts'
import { inline } from '../../../src/service/spawners/inline.ts'
import { pool } from '../../../src/service/spawners/pool.ts'
import { process } from '../../../src/service/spawners/process.ts'
import { restart } from '../../../src/service/spawners/restart.ts'
import { thread } from '../../../src/service/spawners/thread.ts'
import type { Spawner } from '../../../src/service/spawner.ts'

type Made = Readonly<Record<string, Spawner>>

const apps = ['kv.global', 'touch.global', 'touch.local'] as const
/** Every service but main, through which the others reach each other. */
const beside = ['read', 'write', 'api', 'auth', 'peerStore', ...apps] as const
const every = ['main', ...beside] as const

/** Threads and workers that wait for the next node's services: starting one costs as much as all that it does in a test. */
const threads = thread({ lingerMs: 1000 })
const workers = pool(2, { lingerMs: 1000 })

function all(services: readonly string[], spawner: () => Spawner): Made {
  return Object.fromEntries(services.map((service) => [service, spawner()]))
}

/** One spawner for all of these. */
function sharing(services: readonly string[], spawner: Spawner): Made {
  return all(services, () => spawner)
}

/** From which seed the random mix comes. */
export const mixSeed = 20_261_125

/** A mix that is another one for each node of a run, and the same in each run. */
function mixing(seed: number): () => Made {
  const random = seededRandom(seed)
  return () => {
    const places = [() => inline(), () => coroutine(), () => workers, () => threads] as const
    const mix = all(beside, () => (places[random.below(places.length)] ?? inline)())
    const api = random.below(2) === 0 ? { api: restart() } : {}
    return { ...mix, ...api, main: random.below(2) === 0 ? inline() : coroutine() }
  }
}

/** The placements, by name. */
export const placements = {
  'every service a function call': () => all(every, () => inline()),
  'every service a coroutine': () => all(every, () => coroutine()),
  'every service but main in a thread of its own': () => sharing(beside, threads),
  'every service in a thread of its own, main too': () => all(every, () => thread()),
  'the whole node in a thread': () => ({ main: threads }),
  'every service but main in one pool(2)': () => sharing(beside, workers),
  'api restarted whenever it is idle': () => ({ api: restart() }),
  'apps in threads': () => sharing(apps, threads),
  'read and write in a pool(2)': () => sharing(['read', 'write'], workers),
  'the whole node in a process': () => ({ main: process() }),
  'a random mix from a seed': mixing(mixSeed),
} as const satisfies Readonly<Record<string, () => Made>>
