/** @module Tests of what only the fifo transport does: files and their owners, threads that block and are woken, other processes that die. */
import assert from 'node:assert/strict'
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, closeSync, constants, mkdtempSync, openSync, readdirSync, rmSync } from 'node:fs'
import { statSync, symlinkSync, writeFileSync, writeSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { systemClock } from '../../src/clock.ts'
import { MyDhtError } from '../../src/errors.ts'
import { silent } from '../../src/log.ts'
import { realise } from '../../src/part.ts'
import { systemRandom } from '../../src/random.ts'
import type { Spawner } from '../../src/service/spawner.ts'
import { pool } from '../../src/service/spawners/pool.ts'
import { thread } from '../../src/service/spawners/thread.ts'
import { closed, listenOn, pour, probeRead, send } from '../../src/testing/transport-probe.ts'
import { createFifo, fifo, type FifoOptions } from '../../src/transports/fifo.ts'
import { linkPaths, parseRing, ringText } from '../../src/transports/fifo-names.ts'
import type { Transport, TransportParts } from '../../src/transports/transport.ts'

const never = new AbortController().signal
const fails = (code: Parameters<typeof MyDhtError.is>[1], said?: RegExp) => (error: unknown) =>
  MyDhtError.is(error, code) && (said === undefined || said.test(error.message))

/** A directory of the test's own, and transports in it that are closed behind it. */
function place(t: TestContext): {
  readonly directory: string
  readonly make: (options?: Partial<FifoOptions>, parts?: Partial<TransportParts>) => Transport
} {
  const directory = mkdtempSync(path.join(tmpdir(), 'mydht-fifo-'))
  const made: Transport[] = []
  t.after(async () => {
    await Promise.all(made.map((each) => each.close()))
    rmSync(directory, { recursive: true, force: true })
  })
  return {
    directory,
    make: (options = {}, parts = {}) => {
      const transport = createFifo({ directory, ...options })({
        clock: systemClock,
        random: systemRandom,
        log: silent,
        ...parts,
      })
      made.push(transport)
      return transport
    },
  }
}

/** Runs `fifo-child.ts` until it has said a line. */
async function child(t: TestContext, line: string, ...words: readonly string[]): Promise<ChildProcess> {
  const script = fileURLToPath(new URL('fifo-child.js', import.meta.url))
  const started = spawn(process.execPath, [script, ...words], { stdio: ['ignore', 'pipe', 'inherit'] })
  t.after(() => started.kill('SIGKILL'))
  let said = ''
  await new Promise<void>((resolve, reject) => {
    started.stdout.on('data', (bytes: Buffer) => {
      said += String(bytes)
      if (said.split('\n').includes(line)) resolve()
    })
    started.once('exit', () => reject(new Error(`the child ended before it said '${line}': ${said}`)))
  })
  return started
}

async function kill(victim: ChildProcess): Promise<void> {
  const gone = once(victim, 'exit')
  victim.kill('SIGKILL')
  await gone
}

/** A bell that is heard by nobody but this test. */
function deafBell(directory: string, name: string): number {
  const bell = path.join(directory, `${name}.bell`)
  execFileSync('mkfifo', ['-m', '600', bell])
  return openSync(bell, constants.O_RDWR | constants.O_NONBLOCK)
}

/** Waits until somebody has rung a bell. */
async function rung(directory: string, name: string): Promise<void> {
  const ear = await open(path.join(directory, `${name}.bell`), constants.O_RDWR)
  await ear.read(new Uint8Array(1))
  await ear.close()
}

const files = (directory: string): readonly string[] => readdirSync(directory)
const descriptors = (): number => readdirSync('/proc/self/fd').length
const threads = (): number => process.getActiveResourcesInfo().filter((each) => each === 'MessagePort').length

test('bad options are refused with MYDHT_BAD_CONFIG', () => {
  const bad: readonly FifoOptions[] = [
    { directory: '' },
    { directory: 'd', name: 'Upper' },
    { directory: 'd', name: 'a.b' },
    { directory: 'd', name: '7' },
    { directory: 'd', maxConnections: 0 },
    { directory: 'd', maxDials: 1.5 },
    { directory: 'd', idleThreads: -1 },
  ]
  for (const options of bad)
    assert.throws(() => createFifo(options), fails('MYDHT_BAD_CONFIG'), JSON.stringify(options))
})

test('a directory that others may look into is refused, for listening and for connecting', async (t) => {
  const { directory, make } = place(t)
  chmodSync(directory, 0o750)
  await assert.rejects(
    make().listen(() => {}),
    fails('MYDHT_CONNECT_FAILED', /mode 750.*chmod 700/)
  )
  await assert.rejects(make().connect('fifo://a', { signal: never }), fails('MYDHT_CONNECT_FAILED', /mode 750/))
})

test('what is no directory, or cannot be made, is refused, for listening and for connecting', async (t) => {
  const { directory, make } = place(t)
  const [file, link] = [path.join(directory, 'file'), path.join(directory, 'link')]
  writeFileSync(file, '')
  symlinkSync(directory, link)
  for (const wrong of [file, link, path.join(file, 'below')]) {
    await assert.rejects(
      make({ directory: wrong }).listen(() => {}),
      fails('MYDHT_CONNECT_FAILED', /cannot use/),
      wrong
    )
    const client = make({ directory: wrong })
    await assert.rejects(client.connect('fifo://a', { signal: never }), fails('MYDHT_CONNECT_FAILED', /cannot use/))
  }
})

test('a system that makes no named pipes is told so, for listening and for connecting', async (t) => {
  const { directory, make } = place(t)
  const without = () => make({ mkfifo: '/nowhere/mkfifo' })
  await assert.rejects(
    without().listen(() => {}),
    fails('MYDHT_CONNECT_FAILED', /no program '\/nowhere\/mkfifo'/)
  )
  const { address } = await listenOn(make())
  await assert.rejects(without().connect(address, { signal: never }), fails('MYDHT_CONNECT_FAILED', /no program/))
  assert.equal(files(directory).length, 1)
})

test('what is in the place of a bell and is no pipe is refused and stays', async (t) => {
  const { directory, make } = place(t)
  writeFileSync(path.join(directory, 'precious.bell'), 'data')
  await assert.rejects(
    make({ name: 'precious' }).listen(() => {}),
    fails('MYDHT_CONNECT_FAILED', /no pipe/)
  )
  await assert.rejects(make().connect('fifo://precious', { signal: never }), fails('MYDHT_CONNECT_FAILED', /no pipe/))
  assert.deepEqual(files(directory), ['precious.bell'])
})

test('a name in use is refused, and free again after close', async (t) => {
  const { make } = place(t)
  const first = make({ name: 'me' })
  assert.deepEqual(await first.listen(() => {}), ['fifo://me'])
  const second = make({ name: 'me' })
  await assert.rejects(
    second.listen(() => {}),
    fails('MYDHT_CONNECT_FAILED', /in use/)
  )
  // The one that did not get the name must not free it.
  await second.close()
  await make().connect('fifo://me', { signal: never })
  await first.close()
  assert.deepEqual(await make({ name: 'me' }).listen(() => {}), ['fifo://me'])
})

test('of many that take one name at once exactly one has it, and it is heard', async (t) => {
  const { directory, make } = place(t)
  // There was one before, which died.
  closeSync(deafBell(directory, 'me'))
  const all = await Promise.allSettled(Array.from({ length: 4 }, () => listenOn(make({ name: 'me' }))))
  const [winner, ...others] = all.filter((each) => each.status === 'fulfilled')
  assert.ok(winner)
  assert.deepEqual(others, [])
  await Promise.all([make().connect('fifo://me', { signal: never }), winner.value.next()])
})

test('a listener that hangs keeps a dial waiting until it is called off; then no file and no thread is left', async (t) => {
  const { directory, make } = place(t)
  const bell = deafBell(directory, 'deaf')
  const before = threads()
  const dialler = make()
  const aborting = new AbortController()
  const connecting = dialler.connect('fifo://deaf', { signal: aborting.signal })
  const outcome = assert.rejects(connecting, /enough/)
  await rung(directory, 'deaf')
  assert.equal(files(directory).length, 3)
  aborting.abort(new Error('enough'))
  await outcome
  await dialler.close()
  closeSync(bell)
  assert.deepEqual(files(directory), ['deaf.bell'])
  assert.ok(threads() <= before)
})

test('a listener that dies before it answers fails the dial', async (t) => {
  const { directory, make } = place(t)
  const bell = deafBell(directory, 'dying')
  const connecting = make().connect('fifo://dying', { signal: never })
  const outcome = assert.rejects(connecting, fails('MYDHT_CONNECT_FAILED', /ended before it answered/))
  await rung(directory, 'dying')
  closeSync(bell)
  await outcome
})

test('a bell that is full fails the dial instead of blocking it', async (t) => {
  const { directory, make } = place(t)
  const bell = deafBell(directory, 'full')
  writeSync(bell, new Uint8Array(65_536))
  await assert.rejects(
    make().connect('fifo://full', { signal: never }),
    fails('MYDHT_CONNECT_FAILED', /does not hear its bell/)
  )
  closeSync(bell)
})

test('dials past maxDials wait for their turn, and one that was called off while it waited opens nothing', async (t) => {
  const { directory, make } = place(t)
  const bell = deafBell(directory, 'deaf')
  const dialler = make({ maxDials: 1 })
  const [first, second] = [new AbortController(), new AbortController()]
  const stuck = assert.rejects(dialler.connect('fifo://deaf', { signal: first.signal }), /one/)
  await rung(directory, 'deaf')
  const waits = assert.rejects(dialler.connect('fifo://deaf', { signal: second.signal }), /two/)
  const { address } = await listenOn(make())
  const third = dialler.connect(address, { signal: never })
  second.abort(new Error('two'))
  await waits
  first.abort(new Error('one'))
  await stuck
  await third
  closeSync(bell)
})

test('a listener that died leaves a bell that nobody hears: dials fail, and the next to take the name clears up', async (t) => {
  const { directory, make } = place(t)
  const victim = await child(t, 'listening', directory, 'listen', 'home')
  const out = await make().connect('fifo://home', { signal: never })
  const writer = closed(out.write)
  await kill(victim)
  await assert.rejects(
    make().connect('fifo://home', { signal: never }),
    fails('MYDHT_CONNECT_FAILED', /nobody listens/)
  )
  assert.equal(await send(out.write, Uint8Array.of(1)), false)
  const end = await writer
  assert.ok(end.type === 'lost' && MyDhtError.is(end.error, 'MYDHT_CONNECTION_CLOSED'))
  // As a link leaves it whose both ends die.
  execFileSync('mkfifo', [linkPaths(directory, 'home', 'ab'.repeat(16)).data])
  const again = await listenOn(make({ name: 'home' }))
  assert.deepEqual(files(directory), ['home.bell'])
  await Promise.all([make().connect('fifo://home', { signal: never }), again.next()])
})

test('a listener that dies while the pipe is full ends the writer that blocks there', async (t) => {
  const { directory, make } = place(t)
  const victim = await child(t, 'listening', directory, 'listen', 'home')
  const out = await make().connect('fifo://home', { signal: never })
  assert.equal(await send(out.write, new Uint8Array(50_000)), true)
  const blocked = send(out.write, new Uint8Array(50_000))
  await kill(victim)
  assert.equal(await blocked, false)
})

test('a dialler that dies is lost to its reader, also in the middle of a frame, and its files are removed', async (t) => {
  const { directory, make } = place(t)
  const listening = await listenOn(make({ name: 'home' }))
  for (const what of ['dial', 'fill']) {
    const victim = await child(t, 'dialled', directory, what, 'home')
    const reader = probeRead((await listening.next()).read, () => {})
    const end = reader.end
    await kill(victim)
    const how = await end
    assert.ok(how.type === 'lost' && MyDhtError.is(how.error, 'MYDHT_CONNECTION_CLOSED'), what)
    assert.deepEqual(files(directory), ['home.bell'])
  }
})

test('a writer that is dropped while it blocks lets go at once, and its reader gets no byte that was not sent', async (t) => {
  const { make } = place(t)
  const listening = await listenOn(make())
  const dialler = make()
  const [out, into] = await Promise.all([dialler.connect(listening.address, { signal: never }), listening.next()])
  const fill = (block: Uint8Array, at: number): void => {
    block.forEach((_, i) => (block[i] = (at + i) % 251))
  }
  let wrong = 0
  let at = 0
  let holding = true
  let whenRead: () => void = () => {}
  const read = new Promise<void>((resolve) => {
    whenRead = resolve
  })
  const reader = probeRead(into.read, (chunk) => {
    for (const byte of chunk) if (byte !== at++ % 251) wrong++
    if (holding) into.read.pause()
    whenRead()
  })
  const first = new Uint8Array(1000)
  fill(first, 0)
  assert.equal(await send(out.write, first), true)
  await read
  // Far more than the pipe takes: it blocks, at the latest when other things have gone back and forth.
  const poured = pour(out.write, 10_000_000, (block, from) => fill(block, from + 1000))
  const [other, there] = await Promise.all([dialler.connect(listening.address, { signal: never }), listening.next()])
  assert.equal(await send(other.write, Uint8Array.of(1)), true)
  await probeRead(there.read).take(1)
  await dialler.close()
  assert.equal(await poured, false)
  holding = false
  into.read.resume()
  assert.equal((await reader.end).type, 'lost')
  assert.equal(wrong, 0)
  assert.ok(at >= 1000 && at < 10_000_000)
})

test('links past maxConnections are refused, at either side, and taken again when one has gone', async (t) => {
  const { make } = place(t)
  const listening = await listenOn(make({ maxConnections: 1 }))
  const [one, two] = [make({ maxConnections: 1 }), make()]
  const [out, into] = await Promise.all([one.connect(listening.address, { signal: never }), listening.next()])
  await assert.rejects(
    two.connect(listening.address, { signal: never }),
    fails('MYDHT_CONNECT_FAILED', /takes no more links/)
  )
  await assert.rejects(
    one.connect(listening.address, { signal: never }),
    fails('MYDHT_CONNECT_FAILED', /raise fifo\(\{ maxConnections \}\)/)
  )
  const end = probeRead(into.read).end
  out.write.close()
  await end
  await Promise.all([two.connect(listening.address, { signal: never }), listening.next()])
})

test('noise on the bell, and rings for links that are not there, harm nobody', async (t) => {
  const { directory, make } = place(t)
  const listening = await listenOn(make({ name: 'home' }))
  const bell = openSync(path.join(directory, 'home.bell'), constants.O_WRONLY)
  writeSync(bell, new Uint8Array(5000))
  writeSync(bell, '\n../../etc/passwd evil\n')
  writeSync(bell, ringText({ id: 'ab'.repeat(16), from: 'ghost' }))
  closeSync(bell)
  const [, into] = await Promise.all([
    make({ name: 'real' }).connect('fifo://home', { signal: never }),
    listening.next(),
  ])
  assert.equal(into.remoteHost, 'real')
})

test('a ring is read as it is written, and nothing else is', () => {
  const ring = { id: '0f'.repeat(16), from: 'node-1' }
  assert.deepEqual(parseRing(ringText(ring).trimEnd()), ring)
  for (const line of [
    '',
    'x',
    `${ring.id} `,
    `${ring.id}  a`,
    `${ring.id} ../a`,
    `${ring.id.slice(1)} a`,
    `${ring.id} a b`,
  ])
    assert.equal(parseRing(line), undefined, line)
})

test('a service whose thread fails loses its stream with the reason, and the next stream gets another', async (t) => {
  const { make } = place(t)
  let threads = 0
  // The first ends at its first command, as one that is out of memory would.
  const dying: Spawner = {
    ...thread(),
    spawn: (definition, init, parts, destination, saved) => {
      const handle = thread().spawn(definition, init, parts, destination, saved)
      if (threads++ > 0) return handle
      return {
        ...handle,
        send: (command) => {
          void handle.close()
          return handle.send(command)
        },
        onEnd: (listener) => handle.onEnd(listener),
        close: () => handle.close(),
      }
    },
  }
  const listening = await listenOn(make())
  const dialler = make({}, { spawners: { write: dying } })
  const connect = () => Promise.all([dialler.connect(listening.address, { signal: never }), listening.next()])
  const [bad] = await connect()
  const end = closed(bad.write)
  assert.equal(await send(bad.write, Uint8Array.of(1)), false)
  const how = await end
  assert.ok(how.type === 'lost' && MyDhtError.is(how.error, 'MYDHT_SERVICE_ENDED'))
  const [good, into] = await connect()
  assert.equal(await send(good.write, Uint8Array.of(7)), true)
  assert.deepEqual(await probeRead(into.read).take(1), Uint8Array.of(7))
})

test('what blocks runs where it is told to, in a pool with a worker for each', async (t) => {
  const { make } = place(t)
  const spawners = { listen: pool(1), dial: pool(1), read: pool(2), write: pool(2) }
  const node = () => make({ maxConnections: 2, maxDials: 1 }, { spawners: { ...spawners } })
  const listening = await listenOn(node())
  const dialler = make({}, { spawners: { dial: pool(8), write: pool(64) } })
  for (let i = 0; i < 2; i++) {
    const [out, into] = await Promise.all([dialler.connect(listening.address, { signal: never }), listening.next()])
    const reader = probeRead(into.read)
    void send(out.write, Uint8Array.of(i))
    assert.deepEqual(await reader.take(1), Uint8Array.of(i))
  }
})

test('pipes are 0600 in a directory that is made 0700, and after close nothing is left: no file, no thread, no descriptor', async (t) => {
  const { directory, make } = place(t)
  const inside = path.join(directory, 'made', 'deep')
  const [openThreads, openFiles] = [threads(), descriptors()]
  const [a, b] = [make({ directory: inside }), make({ directory: inside })]
  const listening = await listenOn(a)
  const links = await Promise.all(
    [0, 1, 2].map(() => Promise.all([b.connect(listening.address, { signal: never }), listening.next()]))
  )
  const [first] = links
  assert.ok(first)
  const reader = probeRead(first[1].read)
  assert.equal(await send(first[0].write, Uint8Array.of(1)), true)
  await reader.take(1)
  assert.equal(statSync(inside).mode & 0o777, 0o700)
  assert.equal(files(inside).length, 4)
  for (const file of files(inside)) assert.equal(statSync(path.join(inside, file)).mode & 0o777, 0o600)
  assert.ok(threads() > openThreads)
  await Promise.all([b.close(), a.close()])
  assert.deepEqual(files(path.join(directory, 'made')), [])
  assert.ok(threads() <= openThreads, `${threads()} threads, ${openThreads} before`)
  assert.ok(descriptors() <= openFiles, `${descriptors()} descriptors, ${openFiles} before`)
})

test('a program that leaves while every kind of call blocks, without closing anything, ends', async (t) => {
  const { directory } = place(t)
  const leaving = await child(t, 'leaving', directory, 'leave')
  const [code] = leaving.exitCode === null ? await once(leaving, 'exit') : [leaving.exitCode]
  assert.equal(code, 3)
})

test('the part is real in the thread that made it, its options are plain data, and it says that it blocks', () => {
  const blueprint = fifo({ directory: '/tmp/x', maxConnections: 10 })
  assert.deepEqual(structuredClone(blueprint.options), { directory: '/tmp/x', maxConnections: 10 })
  assert.equal(blueprint.blocking, true)
  assert.equal(realise(blueprint)({ clock: systemClock, random: systemRandom, log: silent }).scheme, 'fifo')
})
