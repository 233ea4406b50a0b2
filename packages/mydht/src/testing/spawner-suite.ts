/**
 * @module testing/spawner-suite
 * What every spawner must keep, as tests. The runner is passed in: `spawnerSuite({ test, create, supports, open })`.
 */
import { callTests } from './spawner-suite-calls.ts'
import { endTests } from './spawner-suite-ends.ts'
import { modeTests } from './spawner-suite-modes.ts'
import { queueTests } from './spawner-suite-queue.ts'
import { suiteTools, type SpawnerSuiteOptions } from './spawner-suite-tools.ts'

/** Registers the tests of one spawner. */
export function spawnerSuite(options: SpawnerSuiteOptions): void {
  const tools = suiteTools(options)
  for (const group of [queueTests, callTests, endTests, modeTests]) group(tools)
}
