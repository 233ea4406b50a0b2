/** @module test/services-doc — The whole programs in docs/SERVICES.md compile, run, and print what their comments say. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { compileAndRun } from './compile.ts'
import { runProgram } from './program.ts'

// From examples/dist/test/ to the root of the repository.
const text = readFileSync(new URL('../../../docs/SERVICES.md', import.meta.url), 'utf8')
const blocks = [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, program = '']) => program)

/** Programs by the name in their first line; that of "Twenty lines" has none. */
const programs: Record<string, string> = {}
for (const [i, program] of blocks.entries()) {
  const name = i === 0 ? 'twenty.ts' : /^\/\/ (\w+\.ts)\n/.exec(program)?.[1]
  if (name !== undefined) programs[name] = program
}

/** What the comments behind its lines promise: `// {…}` or `// prints {…}`, and an explanation perhaps. */
function promised(program: string): readonly string[] {
  return [...program.matchAll(/ \/\/ (?:prints )?(\{.*?\})(?:,.*)?$/gm)].map(([, printed = '']) => printed)
}

test('docs/SERVICES.md has a program of twenty lines, and one for another thread', () => {
  assert.deepEqual(Object.keys(programs), ['twenty.ts', 'stack.ts', 'main.ts'])
  assert.equal(promised(programs['twenty.ts'] ?? '').length, 2)
  assert.equal(promised(programs['main.ts'] ?? '').length, 1)
})

test('they compile, run, and print what their comments say', async () => {
  await compileAndRun(programs, async (folder) => {
    for (const name of ['twenty', 'main']) {
      const { code, stdout, stderr } = await runProgram(path.join(folder, `${name}.js`))
      assert.equal(
        stdout,
        promised(programs[`${name}.ts`] ?? '')
          .map((line) => `${line}\n`)
          .join('')
      )
      assert.equal(stderr, '')
      assert.equal(code, 0)
    }
  })
})
