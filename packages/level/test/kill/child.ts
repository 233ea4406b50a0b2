/**
 * @module test/kill/child
 * The process that is killed. It waits on stdin for `folder seed life`, then opens the store and writes for ever, some steps ahead of their
 * acknowledgement; each acknowledged step is said on stdout.
 */
import { writeSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { realise, systemClock } from 'mydht/stores'
import { classic, level } from 'mydht-level'
import { stepsOf } from './plan.ts'

const say = (line: string): void => void writeSync(1, `${line}\n`)

createInterface({ input: process.stdin }).once('line', (line) => {
  const [folder = '', seed = '', life = ''] = line.split(' ')
  void write(folder, Number(seed), Number(life))
})

async function write(folder: string, seed: number, life: number): Promise<void> {
  say('opening')
  // A small buffer, so that files are sorted and merged all the time: these moments are to be hit too.
  const store = await realise(level({ folder, backend: classic({ writeBufferBytes: 65_536 }) }))({ clock: systemClock })
  say('open')
  const under: Promise<void>[] = []
  let count = 0
  for (const step of stepsOf(seed, life)) {
    const number = ++count
    for (const { key, value } of step) {
      if (value === undefined) store.delete(key)
      else if (store.put(key, value, Infinity) === 'full') throw new Error('full')
    }
    under.push(store.flush().then(() => say(`done ${number}`)))
    if (under.length > 3) await under.shift()
  }
}
