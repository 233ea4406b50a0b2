/**
 * `npm run sim -- --nodes 1000 --lookups 1000 --seed 1 --json`: installs and builds what is missing, then runs the command `mydht sim` with a heap
 * that may take most of the machine's memory: thousands of nodes need more than Node's own limit, which only a start can change.
 */
import { spawn } from 'node:child_process'
import { totalmem } from 'node:os'
import path from 'node:path'
import { ensureReady } from './ensure.mjs'
import { root } from './workspace.mjs'

ensureReady()

/**
 * Room for new objects that V8 must not give back, in MiB: it shrinks to one where the old heap is large and slow, and each emptying of it looks
 * at every page of the old heap. With 10 000 nodes that was 21 times a second, and four fifths of all time.
 */
const newSpace = 128

/**
 * How much the old heap may grow until all of it is marked again, in percent. V8's own half of that counts the new space in: with 10 000 nodes it marked
 * gigabytes every ten seconds, and seven tenths of all time. The price is memory: pages half empty are kept, and where those reach the limit each
 * emptying of the new space marks all of the heap again. With 10 000 nodes, 8 GB alive, 120 ran into a limit of 15.5 GB and 70 stayed below 15.7.
 */
const growth = 70
/** Of this machine's memory, what the old heap may take: the rest is for buffers, which are a tenth of it, and the system. */
const share = 0.82
const heap = [
  `--max-old-space-size=${Math.floor((totalmem() / 2 ** 20) * share)}`,
  `--min-semi-space-size=${newSpace}`,
  `--max-semi-space-size=${newSpace}`,
  `--heap-growing-percent=${growth}`,
  // It marks all of the heap as well, where it thinks that a program rests.
  '--no-memory-reducer',
]
const command = path.join(root, 'packages/cli/bin/mydht.js')
const child = spawn(process.execPath, [...heap, command, 'sim', ...process.argv.slice(2)], { stdio: 'inherit' })
// A terminal's Ctrl-C reaches both; who signals us alone means it too.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal))
child.on('exit', (code) => {
  process.exitCode = code ?? 1
})
