/** @module test/store: a node of the command that keeps its records and peers on disk, also when it is killed. */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test from 'node:test'
import { mydht, start } from './mydht.ts'

test('a second node does not open the folder of a running one, and says so', async () => {
  const store = await mkdtemp(path.join(tmpdir(), 'mydht-cli-store-'))
  const first = start(['node', '--temporary', '--no-socket', '--store', store])
  await first.line(/^listening /)
  const second = await mydht(['node', '--temporary', '--no-socket', '--store', store])
  assert.equal(second.code, 1)
  assert.match(second.stderr, /^mydht: \S+ is open already, here or in another process: [^\n]+\n$/)
  assert.equal((await first.interrupt()).code, 0)
  await rm(store, { recursive: true })
})

test('records and peers are there again after the next start', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'mydht-cli-store-'))
  const listening = /^listening (tcp:\S+)$/
  const other = start(['node', '--temporary', '--no-socket'])
  const address = (await other.line(listening))[1] ?? ''
  const own = ['--key', path.join(folder, 'key'), '--store', path.join(folder, 'store'), '--no-socket']

  const first = start(['node', ...own, '--join', address])
  const at = ['--join', (await first.line(listening))[1] ?? '']
  const put = await mydht(['put', 'for tomorrow', ...at, '--spread', '1', '--json'])
  assert.equal(put.code, 0, put.stderr)
  const ended = await first.interrupt()
  assert.equal(ended.code, 0, ended.stderr)

  // Nobody tells it whom to join.
  const second = start(['node', ...own, '--verbose'])
  const again = (await second.line(listening))[1] ?? ''
  const met = (await second.line(/^peer-online peer=(\S+)/))[1] ?? ''
  assert.ok(address.includes(met), met)
  const got = await mydht(['get', String(put.json()['key']), '--join', again])
  assert.equal(got.stdout, 'for tomorrow', got.stderr)
  for (const node of [second, other]) assert.equal((await node.interrupt()).code, 0)
  await rm(folder, { recursive: true })
})
