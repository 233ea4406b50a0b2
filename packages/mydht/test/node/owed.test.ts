import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../../src/clock.ts'
import { silent } from '../../src/log.ts'
import { owed } from '../../src/node/owed.ts'
import { systemRandom } from '../../src/random.ts'
import { define } from '../../src/service/define.ts'
import type { ServiceDefinition } from '../../src/service/service.ts'
import { coroutine } from '../../src/service/spawners/coroutine.ts'
import { watched, type Watched } from './rig.ts'

const parts = { clock: systemClock, random: systemRandom, log: silent }

/** A service that takes two commands a turn at the most, and writes down what it hears. */
function listener(heard: Watched<number>) {
  const definition: ServiceDefinition<undefined, number, never> = define({
    name: 'listener',
    module: import.meta.url,
    create: () => ({ handle: (command: number) => heard.push(command) }),
  })
  return coroutine({ queueLimit: 2 }).spawn(definition, undefined, parts, { send: () => true })
}

test('what a full service must hear reaches it later, in order and once', async () => {
  const heard = watched<number>()
  const service = listener(heard)
  const way = owed<number>(() => service, systemClock, 100)
  const sent = Array.from({ length: 50 }, (_, i) => i)
  for (const one of sent) assert.equal(way.send(one), true)
  assert.equal(way.waiting, 48)
  // Nobody overtakes: the direct way is full too.
  assert.equal(service.send(99), false)
  await heard.first((one) => one === 49)
  assert.deepEqual(heard.all, sent)
  assert.equal(way.waiting, 0)
  await service.close()
})

test('past its bound it says no; what waits for a service that ended is dropped', async () => {
  const service = listener(watched())
  const way = owed<number>(() => service, systemClock, 3)
  const taken = Array.from({ length: 6 }, (_, i) => way.send(i))
  assert.deepEqual(taken, [true, true, true, true, true, false])
  await service.close()
  await new Promise((resolve) => setImmediate(resolve))
  assert.equal(way.waiting, 0)
})
