/** @module test/placement-errors — The compiler refuses a placement that cannot be, and names the service and the field. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { compile } from './compile.ts'

// From examples/dist/test/ to the source.
const source = readFileSync(new URL('../../test/placement-errors.ts', import.meta.url), 'utf8')
const mark = /^(\s*\/\/) @ts-expect-error -- (.*)$/gm

test('each line says what its comment promises, and no other line is wrong', async () => {
  const promised = source
    .split('\n')
    .flatMap((line, i) => [...line.matchAll(mark)].map(([, , said = '']) => ({ line: i + 2, said })))
  assert.ok(promised.length > 20)
  // Without the mark the compiler prints what it would have kept to itself.
  const errors = await compile({ 'placements.ts': source.replaceAll(mark, '$1 $2') })
  const said = errors.map(({ line, message }) => ({
    line,
    said: /readonly placementError: "(.*?)"; \}'/.exec(message)?.[1] ?? message,
  }))
  assert.deepEqual(said, promised)
})

test('a service that does not exist is refused in the words of the compiler too, where it is the only one placed', async () => {
  const program = `import { createNode } from 'mydht'
import { coroutine } from 'mydht/service'
import { memory } from 'mydht/transports/memory'
export const node = createNode({ transport: memory(), placement: { raed: coroutine() } })
`
  const [error, ...more] = await compile({ 'program.ts': program })
  assert.deepEqual([error?.file, error?.line, more], ['program.ts', 4, []])
  assert.match(error?.message ?? '', /'raed' does not exist in type 'Placement/)
})
