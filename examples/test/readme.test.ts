/** @module test/readme — The program in README.md runs as it stands, in at most fifteen lines, and prints what its comments say. */
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { runProgram } from './program.ts'

// From examples/dist/test/ to the root of the repository.
const readme = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8')
const program = /^## Fifteen lines\n+```ts\n([\s\S]*?)^```$/m.exec(readme)?.[1]

test('README.md has a program of at most fifteen lines', () => {
  assert.ok(program, 'README.md has no "## Fifteen lines" with a ```ts block')
  const lines = program.split('\n').filter((line) => !/^\s*(\/\/.*)?$/.test(line))
  assert.ok(lines.length <= 15, `it has ${lines.length} lines`)
})

test('the program in README.md prints what its comments say', async () => {
  assert.ok(program)
  // The comment behind a console.log is what it prints, up to ": " where an explanation follows.
  const said = [...program.matchAll(/^console\.log\(.*\) \/\/ (.*)$/gm)].map(
    ([, comment = '']) => comment.split(': ')[0]
  )
  assert.ok(said.length >= 2)
  // Inside this package, so that its imports find what a user's would find in node_modules.
  const folder = mkdtempSync(fileURLToPath(new URL('readme-', import.meta.url)))
  try {
    const file = path.join(folder, 'program.mjs')
    writeFileSync(file, program)
    const { code, stdout, stderr } = await runProgram(file)
    assert.equal(stdout, said.map((line) => `${line}\n`).join(''))
    assert.equal(stderr, '')
    assert.equal(code, 0)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
