/**
 * A pool of workers: four services on two threads hash files while this thread stays free. Each service has its own queue, so nobody waits
 * behind a file of another, and whoever is full says so.
 *
 * Run: node examples/dist/12-hashing-pool.js
 * Prints:
 *   a.txt: 6d1cf22d7cc09b08, 100000 bytes
 *   b.txt: 31731ec46c3318e6, 200000 bytes
 *   no-such-file: ENOENT
 *   40 files by 4 services on 2 threads; the first again: the same
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { systemClock, systemRandom } from 'mydht/service'
import { pool } from 'mydht/service/pool'
import { hasher, type Hashed } from './services/hasher.ts'

const folder = await mkdtemp(path.join(tmpdir(), 'mydht-hashing-'))
const parts = { clock: systemClock, random: systemRandom, log: () => {} }
const workers = pool(2)
const hashers = Array.from({ length: 4 }, () => workers.spawn(hasher, undefined, parts, { send: () => true }))

/** Asks the service whose turn it is. */
let next = 0
async function hash(name: string): Promise<Hashed> {
  const one = hashers[next++ % hashers.length]
  if (one === undefined) throw new TypeError('there are hashers')
  return one.call({ path: path.join(folder, name) })
}

const text = (result: Hashed): string =>
  result.type === 'hashed'
    ? `${result.sha256.slice(0, 16)}, ${result.bytes} bytes`
    : (result.message.split(':')[0] ?? '')

try {
  await writeFile(path.join(folder, 'a.txt'), 'a'.repeat(100_000))
  await writeFile(path.join(folder, 'b.txt'), 'b'.repeat(200_000))
  for (const name of ['a.txt', 'b.txt', 'no-such-file']) console.log(`${name}: ${text(await hash(name))}`)

  const all = await Promise.all(Array.from({ length: 40 }, (_, i) => hash(i % 2 === 0 ? 'a.txt' : 'b.txt')))
  const threads = new Set(all.map((one) => (one.type === 'hashed' ? one.thread : undefined)))
  const again = all[0] && text(all[0]) === text(await hash('a.txt')) ? 'the same' : 'another'
  console.log(`${all.length} files by ${hashers.length} services on ${threads.size} threads; the first again: ${again}`)
} finally {
  await Promise.all(hashers.map((one) => one.close()))
  await rm(folder, { recursive: true })
}
