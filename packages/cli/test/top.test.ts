/** `mydht top` and the nodes that it watches, as they are run. */
import assert from 'node:assert/strict'
import { lstat, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test, { afterEach, beforeEach } from 'node:test'
import { mydht, start } from './mydht.ts'
import type { Running } from './mydht.ts'

let home = ''
const env = (): NodeJS.ProcessEnv => ({ HOME: home })
const runFolder = (): string => path.join(home, '.mydht', 'run')

beforeEach(async () => {
  home = await mkdtemp(path.join(tmpdir(), 'mydht-top-'))
})

afterEach(() => rm(home, { recursive: true }))

/** A node in this home, with what it said of its control socket. */
async function node(...args: readonly string[]): Promise<{ running: Running; control: string; address: string }> {
  const running = start(['node', '--temporary', ...args], env())
  const address = (await running.line(/^listening (\S+)$/))[1] ?? ''
  const control = (await running.line(/^control (\S+)$/))[1] ?? ''
  return { running, control, address }
}

test('without a node there is nothing to watch: exit code 1 and a sentence', async () => {
  const [none, nowhere, wrong] = await Promise.all([
    mydht(['top'], '', env()),
    mydht(['top', '--socket', path.join(home, 'nothing.sock')], '', env()),
    mydht(['top', '--interval-ms', '5'], '', env()),
  ])
  assert.deepEqual([none.code, nowhere.code, wrong.code], [1, 1, 2])
  assert.match(none.stderr, /^mydht: no node has its control socket in .*"mydht node".*\n$/)
  assert.match(nowhere.stderr, /^mydht: no node answers at .*nothing\.sock .*\n$/)
  assert.match(wrong.stderr, /whole number from 100/)
})

test('a node whose control socket cannot be there runs all the same and says why, unless the user gave it', async () => {
  await mkdir(runFolder(), { recursive: true, mode: 0o755 })
  const running = start(['node', '--temporary'], env())
  await running.line(/^no control socket: .*run must be yours alone/)
  await running.line(/^listening /)
  assert.equal((await running.interrupt()).code, 0)
  const file = path.join(home, 'file')
  await writeFile(file, '')
  const refused = await mydht(['node', '--temporary', '--socket', file], '', env())
  assert.equal(refused.code, 2)
  assert.match(refused.stderr, /no socket/)
  const without = start(['node', '--temporary', '--no-socket', '--json'], env())
  await without.line(/"event":"listening"/)
  const ended = await without.interrupt()
  assert.ok(!ended.stdout.includes('control'))
})

test('of two nodes one must be named; of one, top finds the socket', async () => {
  const first = await node()
  const second = await node()
  const which = await mydht(['top', '--once'], '', env())
  assert.equal(which.code, 2)
  assert.ok(which.stderr.includes(first.control) && which.stderr.includes(second.control), which.stderr)
  const named = await mydht(['top', '--once', '--socket', second.control], '', env())
  assert.equal(named.code, 0, named.stderr)
  assert.match(named.stdout, /^mydht .*network mydht {2}pid \d+ {2}up .*\n/)
  assert.match(named.stdout, /^main +inline +1 +\d+ +\d+ .*%/m)
  await second.running.interrupt()
  const found = await mydht(['top', '--once', '--json'], '', env())
  const { stats } = found.json()
  assert.ok(typeof stats === 'object' && stats !== null && 'measured' in stats && 'memory' in stats)
  assert.equal(stats.measured, true)
  await first.running.interrupt()
  await assert.rejects(lstat(first.control), { code: 'ENOENT' })
})

test('top sees peers come, and ends with its node: exit code 0', async () => {
  const { running, address } = await node()
  const top = start(['top', '--interval-ms', '100', '--json'], env())
  await top.line(/"peers":0/)
  const other = start(['node', '--temporary', '--no-socket', '--join', address], env())
  await top.line(/"peers":1/)
  await other.interrupt()
  await running.interrupt()
  const { code, stderr } = await top.ended
  assert.equal(code, 0, stderr)
  assert.equal(stderr, 'the node has ended\n')
})

test('Ctrl-C ends top and not the node: exit code 0', async () => {
  const { running, control } = await node('--socket', path.join(home, 'my.sock'))
  assert.equal(control, path.join(home, 'my.sock'))
  const top = start(['top', '--socket', control], env())
  await top.line(/^main /)
  const { code, stderr } = await top.interrupt()
  assert.deepEqual({ code, stderr }, { code: 0, stderr: '' })
  assert.equal((await mydht(['top', '--once', '--socket', control], '', env())).code, 0)
  await running.interrupt()
})
