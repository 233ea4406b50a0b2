/**
 * @module testing/sim/memory
 * How much memory is really in use: after a garbage collection that is asked for here, whatever the program was started with.
 */
import { setImmediate } from 'node:timers'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

let collect: (() => void) | undefined

/** Collections before it counts: what a simulation leaves is freed step by step, when finalizers and promises of the step before have run. */
const collections = 5

/** Bytes of this process that live objects take, outside the heap too. */
export async function liveBytes(): Promise<number> {
  if (collect === undefined) {
    setFlagsFromString('--expose-gc')
    const found: unknown = runInNewContext('gc')
    collect = typeof found === 'function' ? () => void found() : () => {}
  }
  for (let i = 0; i < collections; i++) {
    collect()
    await new Promise((resolve) => setImmediate(resolve))
  }
  collect()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
