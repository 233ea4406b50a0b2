/**
 * @module apps/kv/acknowledge
 * When a holder says that it holds a record: at once, or when its disk has it. Those that wait share one durable write, and the next write takes all that came meanwhile; so many
 * may wait and no more. Not here: what is said (`hold.ts`).
 */

/** Acknowledgements that wait for the disk. */
export interface Acknowledgements {
  /** So many wait that nobody else may. */
  readonly isFull: boolean
  /** Tells once whether everything that was put before is as durable as was asked for: at once, or later. False: it is not, or too many wait. */
  whenKept(tell: (isDurable: boolean) => void): void
}

/** Makes it. `flush` tells once when all is durable, and whether it is; undefined: what is in memory counts. */
export function createAcknowledgements(
  most: number,
  flush: ((told: (isDurable: boolean) => void) => void) | undefined
): Acknowledgements {
  let waiting: ((isDurable: boolean) => void)[] = []
  let underWay = 0

  const isFull = (): boolean => waiting.length + underWay >= most
  const begin = (ask: NonNullable<typeof flush>): void => {
    const told = waiting
    waiting = []
    underWay = told.length
    ask((isDurable) => {
      underWay = 0
      for (const tell of told) tell(isDurable)
      if (waiting.length > 0) begin(ask)
    })
  }

  return {
    get isFull() {
      return isFull()
    },
    whenKept(tell) {
      if (!flush) return tell(true)
      if (isFull()) return tell(false)
      waiting.push(tell)
      if (underWay === 0) begin(flush)
    },
  }
}
