/**
 * @module sim/choices
 * From the words of the command line and a scenario file to scenarios. Not here: what a scenario may say (`mydht/testing` checks it).
 */
import { readFile } from 'node:fs/promises'
import type { Malice, Scenario } from 'mydht/testing'
import { usageError } from '../output.ts'

/** The options of `mydht sim` that say what is simulated. What is left out comes from the scenario file, then from `mydht/testing`. */
export interface SimFlags {
  readonly nodes?: readonly number[]
  readonly lookups?: number
  readonly records?: number
  readonly seed?: number
  readonly churn?: number
  readonly hours?: number
  readonly kill?: number
  readonly malicious?: number
  readonly malice?: Malice
  readonly paths?: number
  readonly route?: 'kademlia' | 'flood'
  readonly mode?: 'iterative' | 'proxied' | 'direct'
  readonly scenario?: string
}

/** Nodes that are simulated when nobody says how many: a few seconds. */
const defaultNodes = 100

/** One scenario for each number of nodes. Rejects with a usage error. */
export async function scenariosOf(flags: SimFlags): Promise<readonly Scenario[]> {
  const file = flags.scenario === undefined ? {} : await readScenario(flags.scenario)
  const { nodes, lookups, records, seed, churn, hours, kill, malicious, malice, paths, route, mode } = flags
  const sessionMinutes = churn === undefined ? undefined : { kind: 'exponential' as const, median: churn }
  const events = { sessionMinutes, hours, kill, malicious, malice }
  const said = Object.entries({ lookups, records, seed, ...events, paths, route, mode })
  const given = Object.fromEntries(said.filter(([, value]) => value !== undefined))
  return (nodes ?? [file.nodes ?? defaultNodes]).map((size) => ({ ...file, ...given, nodes: size }))
}

async function readScenario(path: string): Promise<Partial<Scenario>> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw usageError(`cannot read the scenario ${path} (${error instanceof Error ? error.message : String(error)})`)
  })
  let read: unknown
  try {
    read = JSON.parse(text)
  } catch (error) {
    throw usageError(`${path} is no JSON: ${error instanceof Error ? error.message : String(error)}`)
  }
  if (typeof read !== 'object' || read === null || Array.isArray(read))
    throw usageError(`${path} holds no scenario: write an object, e.g. {"nodes": 100, "lookups": 1000}`)
  // Its names and numbers are checked where it is run.
  return read
}
