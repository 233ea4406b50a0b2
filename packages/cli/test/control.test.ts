/** The control socket: who may use it, what it answers, and what comes of sockets and folders that are not as they should be. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, lstat, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import test, { after, before } from 'node:test'
import type { TestContext } from 'node:test'
import type { NodeStats } from 'mydht'
import { openClient } from '../src/control/client.ts'
import { controlFolder, liveSockets, readyFolder } from '../src/control/folder.ts'
import { reportOf } from '../src/control/protocol.ts'
import type { Report } from '../src/control/protocol.ts'
import { openControl } from '../src/control/server.ts'
import type { Control } from '../src/control/server.ts'
import { statsOf } from './stats.ts'

let folder = ''
const socketAt = (name: string): string => path.join(folder, `${name}.sock`)
const report = async (): Promise<Report> => reportOf('mydht', statsOf({ peers: 3 }))

before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'mydht-control-'))
})

after(() => rm(folder, { recursive: true }))

/** A control socket that is closed with its test. */
async function opened(t: TestContext, socketPath: string, answer: () => Promise<Report>): Promise<Control> {
  const control = await openControl(socketPath, answer)
  t.after(() => control.close())
  return control
}

/** Says something to a socket, and gives all that it answers until it hangs up. */
async function say(socketPath: string, said: string): Promise<string> {
  const socket = connect(socketPath)
  socket.end(said)
  return text(socket)
}

test('where nobody listens, there is nobody: whatever the reason', async () => {
  const file = path.join(folder, 'a-file')
  await writeFile(file, '')
  for (const nowhere of [socketAt('nothing'), file])
    await assert.rejects(openClient(nowhere), { code: 'MYDHT_CONNECT_FAILED', message: /no node answers at/ })
})

test('questions that are none get a sentence, too long ones the end too', async (t) => {
  const control = await opened(t, socketAt('strange'), report)
  const wrong = await say(control.path, 'stats\n{"ask":"everything"}\n[]\n\n{"ask":"stats"}\n')
  const answers = wrong.trimEnd().split('\n')
  assert.deepEqual(
    answers.map((line) => 'error' in JSON.parse(line)),
    [true, true, true, true, false]
  )
  const long = await say(control.path, `{"ask":"stats"}\n${'x'.repeat(257)}\n{"ask":"stats"}\n`)
  assert.match(long, /^\{"mydht".*\n\{"error":"a line is longer than 256 characters"\}\n$/)
  const endless = connect(control.path)
  endless.on('error', () => {})
  endless.write('x'.repeat(1000))
  assert.match(await text(endless), /longer than 256/)
  await control.close()
})

test('a client that hangs up before its answer hurts nobody, and so does an answer that fails', async (t) => {
  let asked: (() => void) | undefined
  const wasAsked = new Promise<void>((resolve) => (asked = resolve))
  let answer: ((report: Report) => void) | undefined
  const control = await opened(t, socketAt('leaving'), () => {
    asked?.()
    return new Promise((resolve) => (answer = resolve))
  })
  const leaver = connect(control.path)
  leaver.write('{"ask":"stats"}\n')
  await wasAsked
  leaver.destroy()
  await once(leaver, 'close')
  answer?.(await report())
  await control.close()
  const failing = await opened(t, socketAt('leaving'), () => Promise.reject(new Error('closing')))
  const client = await openClient(failing.path)
  assert.equal(await client.ask(), undefined)
  await failing.close()
})

test('a node that does not answer in time is blocked, and that is said', async (t) => {
  const control = await opened(t, socketAt('blocked'), () => new Promise(() => {}))
  const client = await openClient(control.path, 20)
  await assert.rejects(client.ask(), { code: 'MYDHT_TIMEOUT', message: /said nothing for 0\.02 s/ })
})

test('no more than eight ask at a time', async (t) => {
  const control = await opened(t, socketAt('full'), report)
  const clients = await Promise.all(Array.from({ length: 8 }, () => openClient(control.path)))
  for (const client of clients) assert.equal((await client.ask())?.stats.peers, 3)
  const ninth = await openClient(control.path)
  assert.equal(await ninth.ask(), undefined)
  await control.close()
  for (const client of clients) {
    assert.equal(await client.ask(), undefined)
    client.close()
  }
})

test('an answer of another version, or of somebody else, is refused with a sentence', async () => {
  for (const [answer, message] of [
    ['{"mydht":"0.0.0","stats":{}}', /the node runs mydht 0\.0\.0, this is/],
    ['{"error":"no"}', /no$/],
    ['hello', /is it a socket of mydht\?/],
    ['{}', /is it a socket of mydht\?/],
    ['x'.repeat(1024 * 1024 + 1), /a line is longer than 1048576 characters/],
  ] as const) {
    const server = createServer((socket) => socket.on('data', () => socket.write(`${answer}\n`)))
    server.listen(socketAt('other'))
    await once(server, 'listening')
    const client = await openClient(socketAt('other'))
    await assert.rejects(client.ask(), { code: 'MYDHT_CONNECT_FAILED', message })
    client.close()
    server.close()
    await once(server, 'close')
  }
})

test('the socket is for its user alone, and gone when it is closed', async (t) => {
  const control = await opened(t, socketAt('mine'), report)
  const { mode } = await lstat(control.path)
  assert.equal(mode & 0o777, 0o600)
  await control.close()
  await assert.rejects(lstat(control.path), { code: 'ENOENT' })
})

test('a path is not taken from a file or from a node that runs, but from a socket that nobody listens to', async (t) => {
  const file = path.join(folder, 'precious')
  await writeFile(file, 'text')
  await assert.rejects(openControl(file, report), { code: 'MYDHT_BAD_CONFIG', message: /no socket/ })
  const control = await opened(t, socketAt('taken'), report)
  await assert.rejects(openControl(control.path, report), { code: 'MYDHT_BAD_CONFIG', message: /another node answers/ })
  await control.close()
  await leaveStale(socketAt('taken'))
  const next = await opened(t, socketAt('taken'), report)
  const client = await openClient(next.path)
  assert.equal((await client.ask())?.network, 'mydht')
  client.close()
  await next.close()
  await assert.rejects(openControl(path.join(folder, 'x'.repeat(100)), report), { code: 'MYDHT_BAD_CONFIG' })
})

test('a folder that others may enter is refused; one of our own loses its dead sockets and keeps the living', async (t) => {
  const open = path.join(folder, 'open')
  await mkdir(open)
  await chmod(open, 0o755)
  await assert.rejects(readyFolder(open), { code: 'MYDHT_BAD_CONFIG', message: /yours alone/ })
  const run = controlFolder(path.join(folder, 'key'))
  await readyFolder(run)
  assert.equal((await lstat(run)).mode & 0o777, 0o700)
  const living = await opened(t, path.join(run, 'living.sock'), report)
  await leaveStale(path.join(run, 'dead.sock'))
  await writeFile(path.join(run, 'other.txt'), '')
  assert.deepEqual(await liveSockets(run), [living.path])
  await readyFolder(run)
  assert.deepEqual(await readdir(run), ['living.sock', 'other.txt'])
  await living.close()
})

/** A socket whose process was killed: its file stays, and nobody listens. */
async function leaveStale(socketPath: string): Promise<void> {
  const program = `require('net').createServer().listen(${JSON.stringify(socketPath)}, () => process.kill(process.pid, 'SIGKILL'))`
  await once(spawn(process.execPath, ['-e', program]), 'close')
  assert.ok((await lstat(socketPath)).isSocket())
}

test('stats are what they were', async (t) => {
  const control = await opened(t, socketAt('whole'), report)
  const client = await openClient(control.path)
  const got = await client.ask()
  const expected: NodeStats = statsOf({ peers: 3 })
  assert.deepEqual(got?.stats, JSON.parse(JSON.stringify(expected)))
  assert.equal(got?.pid, process.pid)
  client.close()
  await control.close()
})
