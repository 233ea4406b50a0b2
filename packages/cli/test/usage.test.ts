import assert from 'node:assert/strict'
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test from 'node:test'
import { mydht } from './mydht.ts'

const join = ['--join', 'tcp://127.0.0.1:1']
const anId = 'a'.repeat(52)

test('wrong use ends with exit code 2 and one sentence on stderr', { concurrency: 2 }, async (t) => {
  const cases: readonly (readonly [string, readonly string[], RegExp])[] = [
    ['no command', [], /name a command/],
    ['an unknown command', ['dmeo'], /unknown command 'dmeo'.*demo/],
    ['an unknown option', ['demo', '--nods', '4'], /unknown option '--nods'.*--nodes/],
    ['a number out of bounds', ['demo', '--nodes', '1'], /whole number from 2 to 128/],
    ['an unknown topology', ['demo', '--topology', 'ring'], /star, line, random/],
    ['two nodes, which are neighbours', ['demo', '--nodes', '2'], /every node is a neighbour.*--nodes 3/],
    ['a path to share that is not there', ['demo', '--share', '/nowhere/at/all'], /cannot share \/nowhere\/at\/all/],
    ['a missing argument', ['put', ...join], /missing required argument 'value'/],
    ['one argument too many', ['get', anId, 'more', ...join], /too many arguments/],
    ['nobody to join', ['get', anId], /--join/],
    ['an address that is none', ['get', anId, '--join', 'nonsense'], /'nonsense' is no address/],
    ['a name that is none', ['find', '', ...join], /1 to 255 bytes/],
    ['a key file for an identity that is in none', ['node', '--temporary', '--key', 'x'], /--temporary.*--key/],
    ['a key that is none', ['get', 'abc', ...join], /52 letters/],
    ['no folder to fetch into', ['fetch', anId, ...join], /--into/],
    ['an address to listen on that is none', ['node', '--listen', 'http://a:1'], /tcp:\/\/host:port/],
    [
      'a secret shadow without a secret',
      ['get', anId, ...join, '--shadow', 'secret'],
      /--secret-file or --passphrase-env/,
    ],
    [
      'a secret for a shadow without one',
      ['get', anId, ...join, '--shadow', 'noise', '--secret-file', 'x'],
      /has no secret/,
    ],
    [
      'a passphrase that is not set',
      ['get', anId, ...join, '--passphrase-env', 'MYDHT_TEST_UNSET'],
      /MYDHT_TEST_UNSET is not set/,
    ],
  ]
  const check = async (args: readonly string[], expected: RegExp): Promise<void> => {
    const { code, stdout, stderr } = await mydht(args)
    const last = stderr.trimEnd().split('\n').at(-1) ?? ''
    assert.match(last, expected)
    assert.match(last, /^mydht: /)
    assert.doesNotMatch(stderr, /\n {4}at /)
    assert.equal(stdout, '')
    assert.equal(code, 2)
  }
  await Promise.all(cases.map(([name, args, expected]) => t.test(name, () => check(args, expected))))
})

test('a passphrase that is too short is wrong use, and is not repeated', async () => {
  const { code, stderr } = await mydht(['get', anId, ...join, '--passphrase-env', 'MYDHT_TEST_PASS'], '', {
    MYDHT_TEST_PASS: 'tiger',
  })
  assert.match(stderr, /at least 12 letters, got 5/)
  assert.doesNotMatch(stderr, /tiger/)
  assert.equal(code, 2)
})

test('--help of every command says what it does and ends with 0', { concurrency: 2 }, async (t) => {
  const commands = ['demo', 'id', 'node', 'share', 'put', 'get', 'publish', 'resolve', 'find', 'fetch', 'peers', 'top']
  const main = await mydht(['--help'])
  assert.equal(main.code, 0)
  const check = async (command: string): Promise<void> => {
    assert.match(main.stdout, new RegExp(`^ {2}${command} `, 'm'))
    const { code, stdout, stderr } = await mydht([command, '--help'])
    assert.match(stdout, new RegExp(`^Usage: mydht ${command}`))
    assert.match(stdout, /--json/)
    assert.equal(stderr, '')
    assert.equal(code, 0)
  }
  await Promise.all(commands.map((command) => t.test(command, () => check(command))))
})

test('with --json an error is one object on stdout, and still a sentence on stderr', async () => {
  const wrong = await mydht(['demo', '--nodes', '2', '--json'])
  assert.equal(wrong.code, 2)
  assert.deepEqual(Object.keys(wrong.json()), ['error'])
  assert.match(wrong.stderr, /neighbour/)
  const early = await mydht(['--json', 'id'])
  assert.match(early.stderr, /--json goes behind a command/)
  assert.equal(early.code, 2)
  const failed = await mydht(['get', anId, ...join, '--json'])
  assert.equal(failed.code, 1)
  const { error } = failed.json()
  assert.ok(typeof error === 'object' && error !== null && 'code' in error)
  assert.equal(error.code, 'MYDHT_CONNECT_FAILED')
})

test('nobody at the address is a failure, without a stack unless --debug asks for it', async () => {
  const short = await mydht(['get', anId, ...join])
  assert.equal(short.code, 1)
  assert.match(short.stderr, /^mydht: .*127\.0\.0\.1:1.*\n$/)
  const long = await mydht(['get', anId, ...join, '--debug'])
  assert.equal(long.code, 1)
  assert.match(long.stderr, /\n {4}at /)
})

test('id makes the key file once, for its owner only, and shows the same id ever after', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'mydht-cli-'))
  try {
    const key = path.join(folder, 'deep', 'key')
    const first = await mydht(['id', '--key', key])
    assert.match(first.stdout, /^[a-z2-7]{52}\n$/)
    assert.equal(first.code, 0)
    if (process.platform !== 'win32') assert.equal((await stat(key)).mode & 0o777, 0o600)
    const second = await mydht(['id', '--key', key, '--json'])
    assert.deepEqual(second.json(), { id: first.stdout.trim(), key })
    await writeFile(key, 'not a key')
    const broken = await mydht(['id', '--key', key])
    assert.match(broken.stderr, /is not a key file/)
    assert.equal(broken.code, 1)
  } finally {
    await rm(folder, { recursive: true })
  }
})
