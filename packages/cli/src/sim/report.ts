/**
 * @module sim/report
 * What a simulation came to: one object for programs, lines for people. Not here: pictures (`pictures.ts`).
 */
import type { Scenario, SimResult } from 'mydht/testing'
import type { JsonObject, Output } from '../output.ts'
import { bytesText, millisecondsText } from '../text.ts'

/** A scenario and its result. */
export interface SimRun {
  readonly scenario: Scenario
  readonly result: SimResult
}

/** What happens to a network and may cost it records, and what may save them. */
const events = [
  'sessionMinutes',
  'hours',
  'kill',
  'partitions',
  'reach',
  'updates',
  'malicious',
  'paths',
  'sybils',
] as const satisfies readonly (keyof Scenario)[]

/** Whether its records may have older versions. */
function hasVersions({ signed, updates }: Scenario): boolean {
  return signed !== undefined || updates !== undefined
}

/** The object of `--json`. What happened to the network is in it only where something did. */
export function simObject({ scenario, result }: SimRun): JsonObject {
  const { nodes, seed, lookups, succeeded, hops, messages, memoryPerNodeBytes } = result
  const { sessionMinutes, hours, kill, malicious, malice, paths } = scenario
  const eventful = events.some((each) => scenario[each] !== undefined)
  return {
    nodes,
    seed,
    lookups,
    succeeded,
    hops: { mean: hops.mean, p50: hops.p50, p99: hops.p99 },
    messages,
    ...(sessionMinutes && 'median' in sessionMinutes ? { churn: sessionMinutes.median } : {}),
    ...(hours === undefined ? {} : { hours }),
    ...(kill === undefined ? {} : { kill }),
    ...(malicious === undefined ? {} : { malicious }),
    ...(malice === undefined ? {} : { malice }),
    ...(paths === undefined ? {} : { paths }),
    ...(eventful ? { records: result.records, left: result.left, bytesPerNodeSecond: result.bytesPerNodeSecond } : {}),
    ...(result.hourly.length === 0 ? {} : { hourly: result.hourly }),
    ...(hasVersions(scenario) ? { updated: result.updated, stale: result.stale } : {}),
    memoryPerNodeBytes,
    simulatedMs: result.simulatedMs,
    elapsedMs: result.elapsedMs,
    digest: result.digest,
  }
}

/** Prints it for people. */
export function printSim(output: Output, { scenario, result }: SimRun): void {
  const share = result.lookups === 0 ? 100 : (100 * result.succeeded) / result.lookups
  const speed = result.simulatedMs / Math.max(1, result.elapsedMs)
  output.text(output.bold(`${result.nodes} nodes, seed ${result.seed}`))
  const { stale } = result
  const versions = hasVersions(scenario)
  const old = versions ? `, ${stale.lookups} found an old version` : ''
  output.text(`  lookups   ${result.succeeded} of ${result.lookups} found (${share.toFixed(2)} %)${old}`)
  output.text(`  hops      mean ${result.hops.mean}, p50 ${result.hops.p50}, p99 ${result.hops.p99}`)
  output.text(
    `  time      p50 ${millisecondsText(result.lookupMs.p50)}, p99 ${millisecondsText(result.lookupMs.p99)} (simulated)`
  )
  output.text(
    `  messages  mean ${result.messages.mean} a lookup; ${bytesText(result.bytesPerNodeSecond)} a second and node`
  )
  output.text(
    `  records   ${result.records.found} of ${result.records.put} found again, held by ${result.holders.mean} nodes at first`
  )
  if (versions)
    output.text(`  versions  ${result.updated} published later; of ${stale.records} records only old ones were found`)
  output.text(`  nodes     ${result.left} left, ${result.lonely} found nobody to join`)
  output.text(
    `  machine   ${bytesText(result.memoryPerNodeBytes)} a node; ${speed.toFixed(1)} simulated seconds a second`
  )
  output.text(`  log       ${result.lines} lines, ${result.digest}`)
}
