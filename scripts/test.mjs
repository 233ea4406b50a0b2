/**
 * `npm test`: installs and builds what is missing, then runs all compiled tests with Node's own runner.
 * `npm test -- service kv` runs only the test files whose path contains one of these words; arguments that begin with "-" go to
 * the runner, as in `npm test -- --test-name-pattern=order`.
 */
import { spawnSync } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { ensureReady, fail } from './ensure.mjs'
import { compiledSources, outputOf, root } from './workspace.mjs'

/** A test file that runs longer hangs. The longest takes a minute on two free cores. */
const testTimeoutMs = 240_000

const options = process.argv.slice(2).filter((each) => each.startsWith('-'))
const words = process.argv.slice(2).filter((each) => !each.startsWith('-'))

ensureReady()
process.exitCode = runTests(testFiles(words))

function testFiles(filters) {
  const all = compiledSources().filter((source) => source.endsWith('.test.ts'))
  const chosen = filters.length === 0 ? all : all.filter((source) => filters.some((word) => source.includes(word)))
  if (chosen.length === 0) fail(`no test file matches ${filters.join(' ') || '*.test.ts'} (there are ${all.length})`)
  return chosen.map(outputOf)
}

function runTests(files) {
  const settings = [
    '--enable-source-maps',
    '--test',
    '--test-reporter=spec',
    `--test-timeout=${testTimeoutMs}`,
    `--test-concurrency=${Math.max(2, availableParallelism())}`,
  ]
  const env = { ...process.env, NODE_ENV: 'test' }
  return (
    spawnSync(process.execPath, [...settings, ...options, ...files], { cwd: root, env, stdio: ['ignore', 1, 2] })
      .status ?? 1
  )
}
