/**
 * @module node/machine/node
 * What Node says about memory and its event loop. It is the package import `#machine` on Node.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { memoryUsage } from 'node:process'
import type { Machine } from './machine.ts'

/** Milliseconds between samples: short against a turn that somebody would notice, and 100 wake-ups a second measured as 0.15 % of a core. */
const sampleMs = 10

/** Node. */
export const machine: Machine = {
  memory() {
    const { rss, heapUsed, heapTotal, external, arrayBuffers } = memoryUsage()
    return {
      rssBytes: rss,
      heapUsedBytes: heapUsed,
      heapTotalBytes: heapTotal,
      externalBytes: external,
      arrayBuffersBytes: arrayBuffers,
    }
  },

  watchLoop() {
    const histogram = monitorEventLoopDelay({ resolution: sampleMs })
    histogram.enable()
    // Node records the time from one sample to the next, in nanoseconds.
    const late = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - sampleMs)
    return {
      read: () => ({
        p50Ms: late(histogram.percentile(50)),
        p99Ms: late(histogram.percentile(99)),
        maxMs: late(histogram.max),
      }),
      reset: () => histogram.reset(),
      stop: () => void histogram.disable(),
    }
  },
}
