/**
 * @module service/remote/residents
 * All services of one worker: finds their definitions and hands them their frames. Not here: what carries the batches
 * (`../spawners/thread-entry.ts`, `../spawners/process-entry.ts`).
 */
import { LENGTH_BYTES, readBatch, type OnSeries } from '../channels/frames.ts'
import { Port, type Wire } from '../channels/port.ts'
import { findDefinition } from '../find-definition.ts'
import { shareAll } from '../shared-memory.ts'
import { localPair, type DirectPaper, type DirectPort } from './direct-port.ts'
import type { DirectIn } from './direct-in.ts'
import type { Directs } from './directs.ts'
import { SPAWN } from './kinds.ts'
import { read, type Birth } from './papers.ts'
import { Resident, type Residence } from './resident.ts'

/** What a worker does with what its owners send. */
export interface Server {
  receive(batch: Uint8Array): void
  /** Makes memory known by name as long as an instance lives, which comes in a later batch. */
  share(instance: number, memory: Readonly<Record<string, SharedArrayBuffer>>): void
  /** Makes a direct way: with `port` one end of it, without both ends of one on this thread. */
  direct(paper: DirectPaper, port: DirectPort | undefined): void
}

/** Serves owners at the other end of `wire`. */
export function serve(wire: Wire, entered: (instance: number) => void): Server {
  const unshares = new Map<number, () => void>()
  const residents = new Map<number, Resident>()
  const unflushed = new Set<Directs>()
  let reading = false
  let asked = false
  const flushDirects = (): void => {
    asked = false
    for (const directs of unflushed) directs.flush()
    unflushed.clear()
  }
  const flushSoon = (directs: Directs): void => {
    unflushed.add(directs)
    if (reading || asked) return
    asked = true
    wire.atTurnEnd(flushDirects)
  }
  const owing = new Set<DirectIn>()
  const tellDirects = (): void => {
    for (const way of owing) way.tell()
    owing.clear()
  }
  const tellAfter = (way: DirectIn): void => void owing.add(way)
  const port = new Port(wire, flushDirects, tellDirects)
  const left = (instance: number): void => {
    residents.delete(instance)
    unshares.get(instance)?.()
    unshares.delete(instance)
  }
  const residence: Residence = { port, batch: 0, entered, left, flushSoon, tellAfter }
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
      reading = true
      readBatch(batch, onSeries)
      reading = false
      flushDirects()
      port.flush()
    },
    direct: (paper, port) => {
      const { source, target } = paper
      const [begin, end] = port === undefined ? localPair() : [port, port]
      if (source !== undefined) void linkOut(residents.get(source), paper, begin)
      if (target !== undefined) linkIn(residents.get(target), paper, end)
    },
    share: (instance, memory) => void unshares.set(instance, shareAll(memory)),
  }
}

function linkIn(resident: Resident | undefined, paper: DirectPaper, port: DirectPort): void {
  if (resident === undefined) port.close()
  else resident.linkIn(paper, port)
}

/** Events go the ordinary way until the target's codec is there. Never rejects. */
async function linkOut(resident: Resident | undefined, paper: DirectPaper, port: DirectPort): Promise<void> {
  try {
    const { crossing } = await findDefinition(paper)
    if (resident !== undefined && crossing !== undefined) resident.linkOut(paper, port, crossing.command)
    else port.close()
  } catch (thrown) {
    resident?.log('warn', 'link-failed', { outlet: paper.outlet, said: String(thrown) })
    port.close()
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
