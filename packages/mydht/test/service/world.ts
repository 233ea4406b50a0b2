import { silent } from '../../src/log.ts'
import { seededRandom } from '../../src/random.ts'
import type { SuiteWorld } from '../../src/testing/spawner-suite-tools.ts'
import { virtualClock, type VirtualClock } from '../../src/testing/virtual-clock.ts'

/** Parts on a virtual clock: `pass` moves it. */
export function world(): SuiteWorld & { readonly clock: VirtualClock } {
  const clock = virtualClock()
  return { clock, parts: { clock, random: seededRandom(1), log: silent }, pass: (ms) => clock.advance(ms) }
}
