/**
 * @module testing/sim/memory
 * How much memory is really in use: after a garbage collection that is asked for here, whatever the program was started with.
 */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

let collect: (() => void) | undefined

/** Bytes of this process that live objects take, outside the heap too. */
export function liveBytes(): number {
  if (collect === undefined) {
    setFlagsFromString('--expose-gc')
    const found: unknown = runInNewContext('gc')
    collect = typeof found === 'function' ? () => void found() : () => {}
  }
  collect()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
