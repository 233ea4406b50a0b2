import assert from 'node:assert/strict'
import { test } from 'node:test'
import { load, realise } from '../../src/part.ts'
import { define } from '../../src/service/define.ts'
import type { Service } from '../../src/service/service.ts'
import type { Spawner } from '../../src/service/spawner.ts'
import { coroutine } from '../../src/service/spawners/coroutine.ts'
import { inline } from '../../src/service/spawners/inline.ts'
import { restart } from '../../src/service/spawners/restart.ts'

const create = (): Service<number, number> => ({ handle: (value, emit) => void emit(value) })

test('define keeps what the placement check reads in its type', () => {
  const plain = define({ name: 'plain', module: import.meta.url, create })
  const synchronous = define({ name: 'synchronous', module: import.meta.url, sync: true, create })
  const needsSync = (definition: { readonly sync: true; readonly name: string }): string => definition.name
  assert.equal(needsSync(synchronous), 'synchronous')
  // @ts-expect-error 'plain' does not say that it is synchronous
  assert.equal(needsSync(plain), 'plain')
})

test('a spawner can be made again from its blueprint, with its options, as after crossing a thread', async () => {
  const spawners: readonly Spawner[] = [inline({ queueLimit: 7 }), coroutine({ turnMs: 3 }), restart()]
  for (const spawner of spawners) {
    const { module, export: name, options } = spawner.blueprint
    const crossed = structuredClone({ module, export: name, options })
    const again = realise(await load<Spawner>(crossed))
    assert.equal(again.kind, spawner.kind)
    assert.deepEqual(again.needs, spawner.needs)
    assert.deepEqual(again.blueprint.options, spawner.blueprint.options)
  }
})
