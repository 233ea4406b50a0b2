/**
 * The list of workloads. Each module exports `subjects`, `variants(options)` (what is measured one after the other: plain data that goes
 * to the child and, without `seconds`-like limits, into the figures' settings), `warmUp(variant)`, and `open(subject)`, which runs in a child
 * process and gives a session: `run(variant)` → figures `{ unit, value, settings }`, and `close()`; perhaps
 * `picture`: its title and the units that it shows (`picture.mjs`).
 */

/** Names of all workloads, in the order in which they run. */
export const workloadNames = [
  'request-response',
  'bulk',
  'connect',
  'put-get',
  'under-attack',
  'codec',
  'records',
  'service',
  'placement',
  'channels',
  'store',
]

/** The module of a workload. */
export function loadWorkload(name) {
  return import(`./workloads/${name}.mjs`)
}
