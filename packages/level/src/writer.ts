/**
 * @module writer
 * What was put and is not on disk yet: one batch per turn, one at a time, each with the totals that it leads to. Whoever waits for the disk
 * shares one durable batch with all others who do. Not here: what the store keeps (`store.ts`).
 */
import { MyDhtError, type Clock, type Log } from 'mydht/stores'
import type { Database, Operation } from './backend.ts'
import { encodeTotals, totalsKey, type Totals } from './format.ts'

/** Writes behind. */
export interface Writer {
  write(operation: Operation): void
  /** The value that will be under a key; 'deleted'; undefined: the disk has what there is. */
  peek(key: string): Uint8Array | 'deleted' | undefined
  /** Bytes that wait. */
  readonly waitingBytes: number
  /** Settles when everything written before is durable. Rejects with MYDHT_STORE_FAILED; then it waits on and is tried again. */
  flush(): Promise<void>
}

interface Waiter {
  readonly resolve: () => void
  readonly reject: (reason: MyDhtError) => void
}

/** Makes a writer; `totals` are read when a batch begins. */
export function createWriter(database: Database, totals: Totals, clock: Clock, log: Log | undefined): Writer {
  let waiting = new Map<string, Operation>()
  let underWay = new Map<string, Operation>()
  let isWriting = false
  let isScheduled = false
  let waitingBytes = 0
  let underWayBytes = 0
  /** Something is written that the disk itself may not have yet. */
  let isLoose = false
  let waiters: Waiter[] = []

  const begin = (): void => {
    if (isWriting || (waiting.size === 0 && waiters.length === 0)) return
    const told = waiters
    const durable = told.length > 0
    waiters = []
    underWay = waiting
    underWayBytes = waitingBytes
    waiting = new Map()
    waitingBytes = 0
    isWriting = true
    const operations = [...underWay.values(), { type: 'put', key: totalsKey, value: encodeTotals(totals) } as const]
    database.write(operations, durable).then(
      () => {
        written()
        isLoose = !durable
        for (const { resolve } of told) resolve()
        begin()
      },
      (thrown: unknown) => {
        const missed = underWay
        written()
        // Nothing of it is there. What came meanwhile is newer.
        for (const operation of missed.values()) if (!waiting.has(operation.key)) add(operation)
        const error = writeError(thrown)
        log?.('error', 'store-write-failed', { message: error.message, waiting: waiting.size })
        for (const { reject } of told) reject(error)
        // Not by itself: the next put or flush tries again.
        if (waiters.length > 0) begin()
      }
    )
  }
  const written = (): void => {
    isWriting = false
    underWay = new Map()
    underWayBytes = 0
  }
  const add = (operation: Operation): void => {
    const before = waiting.get(operation.key)
    waitingBytes += costOf(operation) - (before ? costOf(before) : 0)
    waiting.set(operation.key, operation)
  }
  const turnEnded = (): void => {
    isScheduled = false
    begin()
  }

  return {
    write(operation) {
      add(operation)
      if (isScheduled || isWriting) return
      isScheduled = true
      clock.soon(turnEnded)
    },
    peek(key) {
      if (waiting.size === 0 && !isWriting) return undefined
      const operation = waiting.get(key) ?? underWay.get(key)
      if (operation === undefined) return undefined
      return operation.type === 'put' ? operation.value : 'deleted'
    },
    get waitingBytes() {
      return waitingBytes + underWayBytes
    },
    flush() {
      if (!isLoose && !isWriting && waiting.size === 0) return Promise.resolve()
      return new Promise((resolve, reject) => {
        waiters.push({ resolve, reject })
        // Not at once: what else is put and flushed in this turn goes with it.
        if (waiters.length === 1) queueMicrotask(begin)
      })
    },
  }
}

function costOf(operation: Operation): number {
  return operation.key.length + (operation.type === 'put' ? operation.value.length : 0)
}

function writeError(thrown: unknown): MyDhtError {
  const said = thrown instanceof Error ? thrown.message : String(thrown)
  const message = `the store cannot write (${said}): see the disk's space and permissions; what was put waits in memory`
  return new MyDhtError('MYDHT_STORE_FAILED', message, { cause: thrown })
}
