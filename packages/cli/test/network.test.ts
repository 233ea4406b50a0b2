import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test, { after, before } from 'node:test'
import { mydht, start } from './mydht.ts'
import type { Running } from './mydht.ts'

let folder = ''
let node: Running
let at: readonly string[] = []
let address = ''

before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'mydht-cli-node-'))
  await mkdir(path.join(folder, 'shared'))
  await writeFile(path.join(folder, 'shared', 'story.txt'), 'once upon a time')
  node = start(['node', '--key', path.join(folder, 'key'), '--share', path.join(folder, 'shared'), '--verbose'])
  address = (await node.line(/^listening (tcp:\S+)$/))[1] ?? ''
  at = ['--join', address]
  await node.line(/^sharing /)
})

after(async () => {
  const { code, stderr } = await node.interrupt()
  await rm(folder, { recursive: true })
  assert.equal(code, 0, stderr)
  assert.match(stderr, /^peer-online peer=/m)
})

test('a value that is put is kept by the node after we have left, and got by somebody else', async () => {
  const put = await mydht(['put', 'hello from a visitor', ...at, '--json'])
  assert.equal(put.code, 0, put.stderr)
  const { key, ...kept } = put.json()
  assert.deepEqual(kept, { bytes: 20, hops: 3, sentTo: 1, keptBy: 1 })
  const got = await mydht(['get', String(key), ...at])
  assert.equal(got.stdout, 'hello from a visitor')
  assert.equal(got.code, 0)
  const { text, bytes, hops, from } = (await mydht(['get', String(key), ...at, '--json'])).json()
  assert.deepEqual({ text, bytes, hops }, { text: 'hello from a visitor', bytes: 20, hops: 1 })
  assert.ok(address.includes(String(from)))
})

test('any bytes pass through stdin and stdout as they are', async () => {
  const put = await mydht(['put', '-', ...at], '\u00ff\n\n')
  assert.equal(put.code, 0, put.stderr)
  const key = put.stdout.trim()
  assert.equal((await mydht(['get', key, ...at])).stdout, '\u00ff\n\n')
})

test('what nobody has is not found: exit code 1 and a sentence', async () => {
  const [get, resolve, find, peer, fetched] = await Promise.all([
    mydht(['get', 'a'.repeat(52), ...at]),
    mydht(['resolve', address.slice(6, 58), 'nothing', ...at]),
    mydht(['find', 'no-such-file', ...at]),
    mydht(['peers', 'a'.repeat(52), ...at]),
    mydht(['fetch', 'a'.repeat(52), '--into', folder, ...at, '--timeout', '5']),
  ])
  for (const { code, stdout, stderr } of [get, resolve, find, peer, fetched]) {
    assert.equal(code, 1)
    assert.match(stderr, /^mydht: [^\n]+\n$/)
    assert.equal(stdout, '')
  }
})

test('a published value is resolved by others, and publishing again replaces it', async () => {
  const key = ['--key', path.join(folder, 'publisher')]
  const first = (await mydht(['publish', 'status', 'online', ...at, ...key, '--json'])).json()
  const peer = String(first['publisher'])
  assert.equal((await mydht(['resolve', peer, 'status', ...at])).stdout, 'online')
  const second = (await mydht(['publish', 'status', 'away', ...at, ...key, '--json'])).json()
  assert.equal(second['publisher'], peer)
  assert.ok(Number(second['sequence']) > Number(first['sequence']))
  const { text, sequence } = (await mydht(['resolve', peer, 'status', ...at, '--json'])).json()
  assert.deepEqual({ text, sequence }, { text: 'away', sequence: second['sequence'] })
})

test('a shared file is found by its name and fetched by its id', async () => {
  const found = await mydht(['find', 'story.txt', ...at, '--json'])
  assert.equal(found.code, 0, found.stderr)
  const { hits } = found.json()
  assert.ok(Array.isArray(hits) && hits.length === 1)
  const { id, name, size, hops } = hits[0]
  assert.deepEqual({ name, size, hops }, { name: 'story.txt', size: 16, hops: 1 })
  const into = path.join(folder, 'into')
  const fetched = await mydht(['fetch', id, '--into', into, ...at, '--json'])
  assert.equal(fetched.code, 0, fetched.stderr)
  const done = fetched.json()
  assert.equal(done['path'], path.join(into, 'story.txt'))
  assert.equal(done['bytes'], 16)
  assert.equal(await readFile(path.join(into, 'story.txt'), 'utf8'), 'once upon a time')
})

test('peers lists the node, and finds where it is', async () => {
  const list = await mydht(['peers', ...at])
  assert.match(list.stdout, /^[a-z2-7]{52} +127\.0\.0\.1 +.*\bkv\b/m)
  const one = await mydht(['peers', address.slice(6, 58), ...at])
  assert.equal(one.code, 0, one.stderr)
  assert.equal(one.stdout.trim(), `tcp://${address.slice(59)}`)
})

test('another network, and another secret, are refused with a sentence', async () => {
  const network = await mydht(['get', 'a'.repeat(52), ...at, '--network', 'other'])
  assert.equal(network.code, 1)
  assert.match(network.stderr, /^mydht: [^\n]*network[^\n]*\n$/i)
  const shadow = await mydht(['get', 'a'.repeat(52), ...at, '--passphrase-env', 'MYDHT_TEST_PASS'], '', {
    MYDHT_TEST_PASS: 'correct horse battery',
  })
  assert.equal(shadow.code, 1)
  assert.match(shadow.stderr, /^mydht: [^\n]+\n$/)
})

test('who interrupts a node or a visit that waits for a silent host is not kept: 130 at once', async () => {
  const silent = createServer((socket) => void socket.on('error', () => {}).resume())
  silent.listen(0, '127.0.0.1')
  await once(silent, 'listening')
  const found = silent.address()
  const join = ['--join', `tcp://127.0.0.1:${typeof found === 'object' ? found?.port : ''}`]
  try {
    for (const args of [
      ['node', '--temporary', '--no-socket'],
      ['get', 'a'.repeat(52)],
    ]) {
      const dialled = once(silent, 'connection')
      const running = start([...args, ...join])
      await dialled
      const { code, stderr } = await running.interrupt()
      assert.equal(code, 130, stderr)
    }
  } finally {
    silent.close()
  }
})

test('a node that shares says so as JSON, line by line, and last that it is closed', async () => {
  const running = start(['share', path.join(folder, 'shared'), '--temporary', ...at, '--json'])
  await running.line(/"event":"sharing"/).catch(() => {})
  const ended = await running.interrupt()
  assert.equal(ended.code, 0, ended.stderr)
  const events = ended.stdout
    .trimEnd()
    .split('\n')
    .map((line) => String(JSON.parse(line).event))
  assert.deepEqual(events, ['listening', 'sharing', 'closed'])
})

test('a folder without files is no reason to stay', async () => {
  const empty = path.join(folder, 'nothing')
  await mkdir(empty)
  const { code, stderr } = await mydht(['share', empty, '--temporary', ...at])
  assert.equal(code, 2)
  assert.match(stderr, /^mydht: there is no file to share in .*nothing\n$/m)
})
