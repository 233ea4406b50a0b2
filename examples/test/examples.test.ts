/** @module test/examples — Each example runs as it stands, ends by itself, and prints what its header says. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { runProgram } from './program.ts'

// From examples/dist/test/ to examples/.
const home = new URL('../../', import.meta.url)
const names = readdirSync(home).filter((name) => /^\d\d-.*\.ts$/.test(name))

/** What the comment at the top of an example promises. */
function headerOf(source: string): { readonly command: string | undefined; readonly prints: string } {
  const lines = (source.split('*/')[0] ?? '').split('\n').map((line) => line.replace(/^ \* ?/, ''))
  const from = lines.findIndex((line) => line === 'Prints:')
  const prints = lines.slice(from + 1).filter((line) => line.startsWith('  '))
  return {
    command: lines.find((line) => line.startsWith('Run: ')),
    prints: from < 0 ? '' : prints.map((line) => `${line.slice(2)}\n`).join(''),
  }
}

test('there are examples, numbered without a gap', () => {
  assert.ok(names.length >= 13)
  assert.deepEqual(
    names.map((name) => Number(name.slice(0, 2))),
    names.map((_, i) => i + 1)
  )
})

test('README.md lists each of them, in order', () => {
  const listed = [...readFileSync(new URL('README.md', home), 'utf8').matchAll(/^\| \[(.+)\]\((.+)\) \|/gm)]
  assert.deepEqual(
    listed.map(([, name]) => name),
    names
  )
  assert.deepEqual(
    listed.map(([, , target]) => target),
    names
  )
})

for (const name of names) {
  test(`the example ${name} prints what its header says`, async () => {
    const { command, prints } = headerOf(readFileSync(new URL(name, home), 'utf8'))
    const compiled = `dist/${name.replace(/\.ts$/, '.js')}`
    assert.match(command ?? '', new RegExp(`^Run: node examples/${compiled.replaceAll('.', '\\.')}( |$)`))
    assert.notEqual(prints, '', 'the header has no "Prints:"')
    const { code, stdout, stderr } = await runProgram(fileURLToPath(new URL(compiled, home)))
    assert.equal(stdout, prints)
    assert.equal(stderr, '')
    assert.equal(code, 0)
  })
}
