/**
 * Runs a small function again and again for a while. For the workloads that need no second process.
 */

/** How often `work` ran per second; looks at the clock every `batch` calls only. */
export function ratePerSecond(work, seconds, batch) {
  let count = 0
  const began = performance.now()
  const end = began + seconds * 1000
  let now = began
  do {
    for (let i = 0; i < batch; i++) work()
    count += batch
    now = performance.now()
  } while (now < end)
  return (count / (now - began)) * 1000
}
