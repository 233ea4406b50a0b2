import assert from 'node:assert/strict'
import { test } from 'node:test'
import { kv } from '../../src/apps/kv/kv.ts'
import { checkShape } from '../../src/node/config-check.ts'
import { createNode } from '../../src/node/node.ts'
import { noise } from '../../src/shadows/noise.ts'
import { memory } from '../../src/transports/memory.ts'

const transport = memory()

for (const [what, config, message] of [
  ['no configuration at all', undefined, /no transport/],
  ['no transport', {}, /no transport.*tcp\(\)/],
  [
    'a factory that was not called',
    { transport: memory },
    /transport is the function memory.*call it: transport: memory\(\)/,
  ],
  ['a name in place of a part', { transport: 'tcp' }, /transport is "tcp"/],
  ['an object that is no part', { transport, shadow: {} }, /shadow is an object/],
  ['an app that was not called', { transport, apps: { kv } }, /apps\.kv is the function kv.*call it: kv: kv\(\)/],
  ['an app that is not there', { transport, apps: { kv: undefined } }, /apps\.kv is undefined/],
  ['a mode that there is not', { transport, mode: 'secret' }, /mode is "secret": take 'public'/],
  ['a network that is no text', { transport, network: 5 }, /network is 5/],
  ['one address in place of a list', { transport, join: 'tcp://127.0.0.1:1' }, /join is "tcp:.*array/],
  ['a word in place of yes or no', { transport, measure: 'yes' }, /measure is "yes": say true or false/],
  ['a negative number of connections', { transport, wantedConnections: -1 }, /wantedConnections is -1/],
] as const) {
  test(`${what} is refused with MYDHT_BAD_CONFIG and its name`, () => {
    assert.throws(() => checkShape(config), { code: 'MYDHT_BAD_CONFIG', message })
  })
}

test('what the types allow passes', () => {
  checkShape({
    transport,
    apps: { kv: kv() },
    shadow: noise(),
    mode: 'private',
    network: 'a',
    join: [],
    wantedConnections: 0,
  })
  checkShape({ transport, apps: undefined, shadow: undefined, accept: undefined })
})

test('createNode refuses such a configuration before anything is open', async () => {
  await assert.rejects(async () => Reflect.apply(createNode, undefined, []), { code: 'MYDHT_BAD_CONFIG' })
})

test('a PeerId that is none hurts only who asks for it, however often', async () => {
  const node = await createNode({ transport: memory() })
  try {
    for (let i = 0; i < 10; i++)
      await assert.rejects(async () => Reflect.apply(node.peers.find, undefined, ['nobody']), TypeError)
    assert.deepEqual(await node.peers.connected(), [])
    assert.equal((await node.stats()).services['peerStore']?.restarts, 0)
  } finally {
    await node.close()
  }
})
