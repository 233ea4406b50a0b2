/**
 * @module demo/records
 * Signed mutable records in a demo: published, resolved by somebody else, updated, and resolved again.
 */
import type { DemoNetwork } from './network.ts'
import type { DemoPlan, RecordPlan } from './plan.ts'
import type { DemoResult } from './report.ts'

/** Does it for each record of the plan. A record that fails does not stop the others. */
export async function tryRecords(
  plan: DemoPlan,
  network: DemoNetwork,
  signal: AbortSignal
): Promise<DemoResult['records']> {
  let published = 0
  let resolved = 0
  const failures: string[] = []
  for (const record of plan.records) {
    try {
      const first = await publishAndResolve(network, record, 'online', signal)
      published++
      const second = await publishAndResolve(network, record, 'busy', signal)
      if (second <= first) throw new Error(`the update has sequence ${second}, not above ${first}`)
      resolved++
    } catch (error) {
      signal.throwIfAborted()
      failures.push(`record ${record.name}: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  return { published, resolved, failures }
}

/** Gives the sequence that the resolver saw. */
async function publishAndResolve(
  network: DemoNetwork,
  { name, ...who }: RecordPlan,
  value: string,
  signal: AbortSignal
): Promise<number> {
  const publisher = network.nodes[who.publisher]
  const resolver = network.nodes[who.resolver]
  if (!publisher || !resolver) throw new TypeError(`there is no node ${who.publisher} or ${who.resolver}`)
  const { sequence } = await publisher.kv.publish(name, value, { signal })
  const found = await resolver.kv.resolve(publisher.id, name, { results: 1, signal })
  const text = found && Buffer.from(found.value).toString('utf8')
  if (text !== value || found?.sequence !== sequence) {
    throw new Error(
      `node ${who.resolver} resolved ${text ?? 'nothing'} (sequence ${found?.sequence ?? 'none'}), not ${value} (${sequence})`
    )
  }
  return sequence
}
