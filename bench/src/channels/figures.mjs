/**
 * The figures of the workload `channels`, so that all subjects name them alike.
 */
import { commandBytes } from './chunks.mjs'
import { cpuMeter } from './cpu.mjs'

const settings = (measure) => ({ measure, bytes: commandBytes })

/** Commands per second, handled and known to be. */
export function rate(perSecond) {
  return { unit: 'commands/s', value: perSecond, settings: settings('throughput') }
}

/** What `run(seconds)` gives as handled, as a rate, and what each command cost the thread that was busiest with it. */
export async function throughput(run, seconds) {
  const meter = cpuMeter()
  const began = performance.now()
  const handled = await run(began + seconds * 1000)
  const figures = [rate((handled / (performance.now() - began)) * 1000)]
  const cpu = meter()
  if (cpu !== undefined)
    figures.push({ unit: 'ns of busiest core', value: cpu.busiestNs / handled, settings: settings('throughput') })
  return figures
}

/** Runs `once` (a promise each time) one after another for a while: microseconds of one, and what it cost all threads together. */
export async function roundTrips(once, seconds) {
  const meter = cpuMeter()
  const began = performance.now()
  const end = began + seconds * 1000
  let count = 0
  let now = began
  while (now < end) {
    await once()
    count++
    now = performance.now()
  }
  const figures = [{ unit: 'µs', value: ((now - began) * 1000) / count, settings: settings('round-trip') }]
  const cpu = meter()
  if (cpu !== undefined)
    figures.push({ unit: 'µs of all cores', value: cpu.allNs / 1000 / count, settings: settings('round-trip') })
  return figures
}
