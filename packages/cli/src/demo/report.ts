/**
 * @module demo/report
 * What a demo has shown: as one object for programs, and as a table for people.
 */
import type { JsonObject, Output } from '../output.ts'
import { bytesText, millisecondsText, tableOf } from '../text.ts'
import type { DemoPlan } from './plan.ts'

/** One file that was fetched and verified, or why not. Exactly one of `hops` and `failure` is there. */
export interface FetchResult {
  readonly file: string
  readonly bytes: number
  /** The number of the node that fetched it. */
  readonly node: number
  readonly elapsedMs: number
  readonly hops: number | undefined
  readonly failure: string | undefined
}

/** Everything that a demo has shown. */
export interface DemoResult {
  readonly plan: DemoPlan
  /** Links between two nodes once all had joined. */
  readonly connections: number
  readonly fetches: readonly FetchResult[]
  readonly records: { readonly published: number; readonly resolved: number; readonly failures: readonly string[] }
  readonly elapsedMs: number
}

/** Whether all was fetched, verified, published and resolved. */
export function succeeded({ plan, fetches, records }: DemoResult): boolean {
  return fetches.every((fetch) => fetch.failure === undefined) && records.resolved === plan.records.length
}

/** The object of `--json`. */
export function demoObject(result: DemoResult): JsonObject {
  const { plan, fetches, records } = result
  const good = fetches.filter((fetch) => fetch.failure === undefined)
  return {
    nodes: plan.nodes,
    topology: plan.topology,
    connections: result.connections,
    files: fetches.length,
    bytes: sum(fetches.map((fetch) => fetch.bytes)),
    fetched: good.length,
    failed: fetches.length - good.length,
    hops: spanOf(good.map((fetch) => fetch.hops ?? 0)),
    records: { published: records.published, resolved: records.resolved },
    elapsedMs: Math.round(result.elapsedMs),
  }
}

/** Failures that are printed; the others are counted. */
const maxPrinted = 8

/** Prints the table: a line for each node that fetched, and one for all. */
export function printDemo(output: Output, result: DemoResult): void {
  const { plan, fetches, records } = result
  const rows = plan.fetchers
    .map((node) => ({ node, own: fetches.filter((fetch) => fetch.node === node) }))
    .filter(({ own }) => own.length > 0)
    .map(({ node, own }) => rowOf(`node ${node}`, own))
  const head = ['fetched by', 'files', 'bytes', 'hops', 'mean time', 'longest']
  output.text(tableOf(head, [...rows, rowOf('all', fetches)], [1, 2, 3, 4, 5]))
  output.text('')
  const failed = fetches.filter((fetch) => fetch.failure !== undefined)
  const how = `${plan.nodes} nodes (${plan.topology}), ${result.connections} connections over ${plan.transport}, ${plan.shadow}, ${plan.encoding}`
  output.text(how)
  output.text(
    `${fetches.length - failed.length} of ${fetches.length} files of node ${plan.sharer} fetched by strangers to it and verified (SHA-256)`
  )
  output.text(`${records.resolved} of ${plan.records.length} signed records published, updated and resolved`)
  output.text(
    output.bold(`${succeeded(result) ? 'all is well' : 'not all is well'}, in ${millisecondsText(result.elapsedMs)}`)
  )
  const failures = [
    ...failed.map((fetch) => `${fetch.file}, at node ${fetch.node}: ${fetch.failure}`),
    ...records.failures,
  ]
  for (const failure of failures.slice(0, maxPrinted)) output.note(`failed: ${failure}`)
  if (failures.length > maxPrinted) output.note(`and ${failures.length - maxPrinted} more`)
}

function rowOf(name: string, fetches: readonly FetchResult[]): readonly string[] {
  const good = fetches.filter((fetch) => fetch.failure === undefined)
  const hops = spanOf(good.map((fetch) => fetch.hops ?? 0))
  const times = spanOf(good.map((fetch) => fetch.elapsedMs))
  const files = good.length === fetches.length ? `${good.length}` : `${good.length}/${fetches.length}`
  return [
    name,
    files,
    bytesText(sum(good.map((fetch) => fetch.bytes))),
    hops.min === hops.max ? `${hops.min}` : `${hops.min}–${hops.max}, mean ${hops.mean}`,
    millisecondsText(times.mean),
    millisecondsText(times.max),
  ]
}

function spanOf(values: readonly number[]): { readonly min: number; readonly mean: number; readonly max: number } {
  if (values.length === 0) return { min: 0, mean: 0, max: 0 }
  const [min, max] = values.reduce(
    ([low, high], value) => [Math.min(low, value), Math.max(high, value)],
    [Infinity, -Infinity]
  )
  return { min, mean: Math.round((sum(values) / values.length) * 100) / 100, max }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
