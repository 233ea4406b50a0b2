/**
 * How long each thread of this process was on a core: what noisy neighbours do not change. Linux only, from /proc. Not here: the clock on the wall.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'

const tasks = '/proc/self/task'
const known = existsSync(`${tasks}/${process.pid}/schedstat`)

/** Nanoseconds on a core so far, by thread; undefined where the system does not say. */
function cpuNs() {
  if (!known) return undefined
  return new Map(
    readdirSync(tasks).map((task) => [task, Number(readFileSync(`${tasks}/${task}/schedstat`, 'utf8').split(' ')[0])])
  )
}

/** Begins to measure. The function that it gives says how long the busiest thread, and all together, were on a core since; undefined where nobody knows. */
export function cpuMeter() {
  const before = cpuNs()
  return () => {
    const after = cpuNs()
    if (before === undefined || after === undefined) return undefined
    const spent = [...after].map(([task, ns]) => ns - (before.get(task) ?? 0))
    return { busiestNs: Math.max(...spent), allNs: spent.reduce((sum, ns) => sum + ns, 0) }
  }
}
