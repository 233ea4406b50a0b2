/**
 * @module demo/run
 * A demo from its plan to its result: nodes, files, records. Not here: how it is shown (`report.ts`), how long it stays (`commands/demo.ts`).
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Progress } from '../output.ts'
import { bytesText } from '../text.ts'
import { fetchAll, shareAll } from './fetching.ts'
import type { DemoNetwork } from './network.ts'
import type { DemoPlan } from './plan.ts'
import { tryRecords } from './records.ts'
import type { DemoResult } from './report.ts'
import type { Source } from './sources.ts'

/** What a run needs beside its plan. */
export interface DemoRun {
  readonly plan: DemoPlan
  readonly sources: readonly Source[]
  readonly network: DemoNetwork
  /** When the demo began, by `performance.now()`. */
  readonly startedMs: number
  readonly progress: Progress
  readonly signal: AbortSignal
}

/** Shares, fetches, verifies; then the records. What is fetched goes to a temporary folder that is gone afterwards. Rejects on abort. */
export async function runDemo(run: DemoRun): Promise<DemoResult> {
  const { plan, network, progress, signal } = run
  const connections = await network.countConnections()
  progress.update(
    `${plan.nodes} nodes, ${connections} connections; node ${plan.sharer} shares ${run.sources.length} files`,
    true
  )
  const sources = await shareAll(plan, network, run.sources, signal)
  const folder = await mkdtemp(path.join(tmpdir(), 'mydht-demo-'))
  try {
    const fetches = await fetchAll({ plan, network, sources, folder, signal, onFetched: fetchedTeller(run) })
    progress.update('records: publishing, resolving, updating', true)
    const records = await tryRecords(plan, network, signal)
    return { plan, connections, fetches, records, elapsedMs: performance.now() - run.startedMs }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Says how far it is after each file; without a terminal, after each quarter. */
function fetchedTeller({
  sources,
  progress,
}: DemoRun): (results: readonly { readonly failure: string | undefined; readonly bytes: number }[]) => void {
  let quarters = 0
  let bytes = 0
  return (results) => {
    bytes += results.at(-1)?.bytes ?? 0
    const reached = Math.floor((4 * results.length) / sources.length)
    const milestone = reached > quarters
    quarters = reached
    const failed = results.filter((result) => result.failure !== undefined).length
    progress.update(
      `fetched ${results.length} of ${sources.length} files, ${bytesText(bytes)}${failed > 0 ? `, ${failed} failed` : ''}`,
      milestone
    )
  }
}
