/**
 * Values and peers on disk: a node is closed, and the next one with the same folder knows both. With `acknowledged: 'disk'` a put is done when not even
 * a power cut can take it away; puts of one moment share one write, so a hundred cost little more than one.
 *
 * Run: node examples/dist/14-values-on-disk.js
 * Prints:
 *   100 values are on the disk
 *   a second node on the same folder: MYDHT_STORE_LOCKED
 *   after a restart: value 42
 *   a peer that it remembers: true
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createNode, MyDhtError } from 'mydht'
import { kv } from 'mydht/apps/kv'
import { memory } from 'mydht/transports/memory'
import { level } from 'mydht-level'

const folder = await mkdtemp(path.join(tmpdir(), 'mydht-example-'))
await using friend = await createNode({ transport: memory() })

function start(join: readonly string[] = []) {
  return createNode({
    transport: memory(),
    apps: { kv: kv({ store: level({ folder }), acknowledged: 'disk' }) },
    peerStore: { store: level({ folder, namespace: 'peers' }) },
    join,
  })
}

const node = await start([friend.address])
const stored = await Promise.all(Array.from({ length: 100 }, (_, i) => node.kv.put(`value ${i}`)))
console.log(stored.length, 'values are on the disk')

try {
  await start()
} catch (error) {
  console.log('a second node on the same folder:', MyDhtError.is(error) ? error.code : error)
}
await node.close()

const again = await start()
const key = stored[42]?.key
if (key !== undefined) console.log('after a restart:', await again.kv.getText(key))
const known = await again.peers.known()
console.log('a peer that it remembers:', known[0]?.id === friend.id)
await again.close()
await rm(folder, { recursive: true })
