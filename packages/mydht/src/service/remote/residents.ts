/**
 * @module service/remote/residents
 * All services of one worker: finds their definitions and hands them their frames. Not here: what carries the batches
 * (`../spawners/thread-entry.ts`, `../spawners/process-entry.ts`).
 */
import { LENGTH_BYTES, readBatch, type OnSeries } from '../channels/frames.ts'
import { Port, type Wire } from '../channels/port.ts'
import { findDefinition } from '../find-definition.ts'
import { shareAll } from '../shared-memory.ts'
import { SPAWN } from './kinds.ts'
import { read, type Birth } from './papers.ts'
import { Resident, type Residence } from './resident.ts'

/** What a worker does with what its owners send. */
export interface Server {
  receive(batch: Uint8Array): void
  /** Makes memory known by name as long as an instance lives, which comes in a later batch. */
  share(instance: number, memory: Readonly<Record<string, SharedArrayBuffer>>): void
}

/** Serves owners at the other end of `wire`. */
export function serve(wire: Wire, entered: (instance: number) => void): Server {
  const unshares = new Map<number, () => void>()
  const residents = new Map<number, Resident>()
  const port = new Port(wire)
  const left = (instance: number): void => {
    residents.delete(instance)
    unshares.get(instance)?.()
    unshares.delete(instance)
  }
  const residence: Residence = { port, batch: 0, entered, left }
  const onSeries: OnSeries = (instance, kind, batch, from, to) => {
    if (kind !== SPAWN) {
      residents.get(instance)?.receive(kind, batch, from, to)
      return
    }
    const { paper, behind } = read<Birth>(batch.subarray(from + LENGTH_BYTES, to))
    const resident = new Resident(instance, residence, paper)
    residents.set(instance, resident)
    void settle(resident, paper, behind)
  }
  return {
    receive: (batch) => {
      residence.batch++
      port.hold()
      readBatch(batch, onSeries)
      port.flush()
    },
    share: (instance, memory) => void unshares.set(instance, shareAll(memory)),
  }
}

/** Never rejects. */
async function settle(resident: Resident, birth: Birth, behind: readonly Uint8Array[]): Promise<void> {
  try {
    const definition = await findDefinition(birth)
    const [init, saved] = behind
    if (init !== undefined) await resident.start(definition, init, birth.goesOn ? saved : undefined)
  } catch (thrown) {
    resident.refuse(thrown)
  }
}
