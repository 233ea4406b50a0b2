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

test('a node of a hash table that is killed has its records and its peers again at the next start', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'mydht-cli-store-'))
  const listening = /^listening (tcp:\S+)$/
  const table = ['--replicas', '2']
  const other = start(['node', '--temporary', '--no-socket', ...table])
  const address = (await other.line(listening))[1] ?? ''
  const own = ['--key', path.join(folder, 'key'), '--store', path.join(folder, 'store'), '--no-socket', ...table]

  const first = start(['node', ...own, '--join', address])
  const at = ['--join', (await first.line(listening))[1] ?? '']
  const put = await mydht(['put', 'for tomorrow', ...at, ...table, '--json'])
  assert.equal(put.code, 0, put.stderr)
  assert.match(put.stderr, /^held by 2 of the 2 asked/)
  await first.kill()

  // Nobody tells it whom to join.
  const second = start(['node', ...own, '--verbose'])
  const again = (await second.line(listening))[1] ?? ''
  const met = (await second.line(/^peer-online peer=(\S+)/))[1] ?? ''
  assert.ok(address.includes(met), met)
  // Its own copy, from its disk: the other one is gone.
  assert.equal((await other.interrupt()).code, 0)
  const got = await mydht(['get', String(put.json()['key']), '--join', again, ...table])
  assert.equal(got.stdout, 'for tomorrow', got.stderr)
  assert.equal((await second.interrupt()).code, 0)
  await rm(folder, { recursive: true })
})
