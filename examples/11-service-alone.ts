/**
 * The service layer alone, with no peer in sight: a counter that fails on a bad command, and a supervisor that brings it back with its count.
 *
 * Run: node examples/dist/11-service-alone.js
 * Prints:
 *   called: 1
 *   called: 3
 *   failed with "Error: cannot add NaN", again in 100 ms
 *   the call was told: MYDHT_SERVICE_FAILED
 *   printed: 6
 */
import { define, restart, supervise, systemClock, systemRandom, type Service } from 'mydht/service'

const counter = define({
  name: 'counter',
  module: import.meta.url,
  sync: true,
  restartable: true,
  create: (start: number, _parts, saved?: number): Service<number, number, number> => {
    let sum = saved ?? start
    return {
      handle(add, emit) {
        if (Number.isNaN(add)) throw new Error('cannot add NaN')
        emit((sum += add))
      },
      save: () => sum,
    }
  },
})

const parts = { clock: systemClock, random: systemRandom, log: () => {} }
const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : error)
let onPrinted: () => void = () => {}
const printed = new Promise<void>((resolve) => (onPrinted = resolve))
const printer = {
  send(sum: number): boolean {
    console.log(`printed: ${sum}`)
    onPrinted()
    return true
  },
}

const handle = supervise((saved?: number) => restart().spawn(counter, 0, parts, printer, saved), parts, {
  name: 'counter',
  onFailure: (ended, delayMs) => console.log(`failed with "${String(ended.failure?.cause)}", again in ${delayMs} ms`),
})
console.log('called:', await handle.call(1))
console.log('called:', await handle.call(2))
await handle.call(Number.NaN).catch((error: unknown) => console.log('the call was told:', codeOf(error)))
handle.send(3) // waits for the next instance; its event goes to the printer
await printed
await handle.close()
