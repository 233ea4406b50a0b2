/**
 * @module testing/sim/records
 * The values of a run: how they are put, and how the signed ones get new versions. Not here: how they are looked up (`lookups.ts`).
 */
import { maxTtlMs } from '../../apps/kv/defaults.ts'
import type { Key } from '../../apps/kv/kv.ts'
import { MyDhtError } from '../../errors.ts'
import type { Member } from './population.ts'
import { bySomebody, inLanes, type Run } from './run.ts'

/** A value that was put, as only somebody knows it who sees everything. */
export interface PutRecord {
  readonly key: Key
  /** Undefined: it is kept under its hash, and never changes. */
  readonly signed: SignedRecord | undefined
}

/** A value under its publisher's name. */
export interface SignedRecord {
  readonly publisher: Member
  readonly name: string
  /** Of the newest version whose publishing has settled. */
  sequence: number
  /** How many versions there are. */
  versions: number
}

/** How much longer than the network is watched a value lives, in hours. */
const ttlHours = 24

/** How long a value lives, in milliseconds. */
function ttlMs({ scenario }: Run): number {
  return Math.min(maxTtlMs, (scenario.hours + ttlHours) * 3_600_000)
}

/** Puts them all, each at an honest node by chance. */
export async function putAll(run: Run): Promise<readonly PutRecord[]> {
  const { sim, scenario } = run
  const chance = sim.random('put')
  const records: PutRecord[] = []
  await inLanes(run, 'put', scenario.records, async (index) => {
    const record = await bySomebody(run, chance, (member) =>
      isSigned(index, scenario.signed) ? publishFirst(run, member, index) : put(run, member, index)
    )
    if (record) records.push(record)
  })
  return records
}

/** Whether the record of this number is signed: the signed ones are spread evenly among the others. */
function isSigned(index: number, share: number): boolean {
  return Math.floor((index + 1) * share) > Math.floor(index * share)
}

async function put(run: Run, { node }: Member, index: number): Promise<PutRecord> {
  const text = `record ${index} of seed ${run.scenario.seed}`
  const { key, holders } = await node.kv.put(text, { ttlMs: ttlMs(run) })
  if (holders) run.acknowledged.push(holders.acknowledged)
  return { key, signed: undefined }
}

async function publishFirst(run: Run, publisher: Member, index: number): Promise<PutRecord> {
  const name = `record ${index}`
  const { key, holders, sequence } = await publisher.node.kv.publish(name, text(1), { ttlMs: ttlMs(run) })
  if (holders) run.acknowledged.push(holders.acknowledged)
  return { key, signed: { publisher, name, sequence, versions: 1 } }
}

function text(version: number): string {
  return `version ${version}`
}

/** Has every publisher that still runs publish a new version of each of its records. */
export async function updateAll(run: Run, records: readonly PutRecord[]): Promise<void> {
  const signed = records.flatMap((record) => record.signed ?? [])
  await inLanes(run, undefined, signed.length, async (index) => {
    const record = signed[index]
    if (record && run.population.runs(record.publisher)) await publishNext(run, record)
  })
}

async function publishNext(run: Run, record: SignedRecord): Promise<void> {
  const { publisher, name } = record
  try {
    const { sequence } = await publisher.node.kv.publish(name, text(record.versions + 1), { ttlMs: ttlMs(run) })
    record.sequence = sequence
    record.versions++
    run.updated++
  } catch (thrown) {
    // Its session was over meanwhile: a version that nobody was promised.
    if (run.population.runs(publisher) || !(thrown instanceof MyDhtError)) throw thrown
    run.sim.note(`not updated: ${name} of ${publisher.node.id}`)
  }
}
