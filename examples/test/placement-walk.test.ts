/** @module test/placement-walk — The walk of docs/PLACEMENT.md: each step differs from the one before as it says, and compiles, or does not, as it says; what compiles runs. */
import assert from 'node:assert/strict'
import path from 'node:path'
import { test } from 'node:test'
import { compile, compileAndRun } from './compile.ts'
import { differenceOf, ownApp, programOfWalk, stepsOf } from './placement-walk.ts'
import { runProgram } from './program.ts'

const steps = stepsOf()

test('there are the seven steps of the seed', () => {
  assert.deepEqual(
    steps.map(({ letter }) => letter),
    'abcdefg'.split('')
  )
  assert.deepEqual(
    steps.filter(({ errors }) => errors !== undefined).map(({ letter }) => letter),
    ['b']
  )
})

for (const [i, { letter, config, diff }] of steps.entries()) {
  test(`step ${letter} differs from the one before by the lines that it shows`, () => {
    const before = steps[i - 1]
    assert.equal(diff, before && differenceOf(before.config, config))
  })
}

const runnable = steps.filter(({ errors }) => errors === undefined)
const configs = (some: typeof steps): Readonly<Record<string, string>> =>
  Object.fromEntries(some.map(({ letter, config }) => [`${letter}/start.ts`, config]))

test('each step compiles, or the compiler says what the page shows', async () => {
  const errors = await compile(configs(steps))
  for (const { letter, errors: shown = '' } of steps) {
    const said = errors
      .filter(({ file }) => file === `${letter}/start.ts`)
      .map(
        ({ line, message }) =>
          `start.ts(${line}): ${/readonly placementError: "(.*?)"; \}'/.exec(message)?.[1] ?? message}`
      )
    assert.equal(said.join('\n'), shown, `step ${letter}`)
  }
})

test('two nodes of each step that compiles find each other, and what they keep', async (t) => {
  const walks = runnable.map(({ letter }) => [`${letter}/walk.ts`, programOfWalk()] as const)
  await compileAndRun({ ...configs(runnable), ...Object.fromEntries(walks) }, async (folder) => {
    for (const { letter } of runnable) {
      await t.test(`step ${letter}`, async () => {
        const ended = await runProgram(path.join(folder, letter, 'walk.js'))
        assert.deepEqual(ended, { code: 0, stdout: '1 hello\n', stderr: '' })
      })
    }
  })
})

test('the app of its own runs on a pool as it stands', async () => {
  const program = `import { start } from './app.js'
const node = await start()
console.log(await node.shout.call({ text: 'hello' }))
await node.close()
`
  await compileAndRun({ 'app.ts': ownApp(), 'program.ts': program }, async (folder) => {
    assert.deepEqual(await runProgram(path.join(folder, 'program.js')), { code: 0, stdout: 'HELLO\n', stderr: '' })
  })
})
