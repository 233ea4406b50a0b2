/**
 * A program that tests of the fifo transport run, to kill it or to see it end: `listen NAME` and `dial NAME` hold a link open, `fill NAME` has a
 * writer that blocks, `leave` has every kind of call blocked and leaves without closing anything.
 */
import { execFileSync } from 'node:child_process'
import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import path from 'node:path'
import { systemClock } from '../../src/clock.ts'
import { silent } from '../../src/log.ts'
import { systemRandom } from '../../src/random.ts'
import { listenOn, probeRead, send } from '../../src/testing/transport-probe.ts'
import { createFifo } from '../../src/transports/fifo.ts'

const [directory = '', what = '', name = ''] = process.argv.slice(2)
const make = (ours?: string) =>
  createFifo({ directory, name: ours })({ clock: systemClock, random: systemRandom, log: silent })
const signal = new AbortController().signal

if (what === 'listen') {
  await make(name).listen((link) => {
    // Not started: the other end's writer will block.
    console.log(`link from ${link.remoteHost}`)
  })
  console.log('listening')
}

if (what === 'dial' || what === 'fill') {
  const { write } = await make('child').connect(`fifo://${name}`, { signal })
  if (what === 'dial') await send(write, Uint8Array.of(1, 2, 3))
  else void send(write, new Uint8Array(1_000_000))
  console.log('dialled')
}

if (what === 'leave') {
  const listening = await listenOn(make())
  const dialler = make()
  // One whose reader blocks, one whose writer does, one that nobody answers.
  const [idle, into] = await Promise.all([dialler.connect(listening.address, { signal }), listening.next()])
  const reader = probeRead(into.read)
  await send(idle.write, Uint8Array.of(1))
  await reader.take(1)
  const [stuck] = await Promise.all([dialler.connect(listening.address, { signal }), listening.next()])
  await send(stuck.write, new Uint8Array(60_000))
  void send(stuck.write, new Uint8Array(60_000))
  const bell = path.join(directory, 'deaf.bell')
  execFileSync('mkfifo', ['-m', '600', bell])
  const ear = await open(bell, constants.O_RDWR)
  void dialler.connect('fifo://deaf', { signal })
  await ear.read(new Uint8Array(1))
  console.log('leaving')
  process.exit(3)
}
