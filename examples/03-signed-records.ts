/**
 * Signed records: only their publisher can change them, others find the newest version, and a change of what one has not seen is refused.
 *
 * Run: node examples/dist/03-signed-records.js
 * Prints:
 *   version 1: at home
 *   version 2: on the road
 *   a change of version 1: MYDHT_OUTDATED
 *   nobody published "mood": undefined
 */
import { createNode, MyDhtError } from 'mydht'
import { kv } from 'mydht/apps/kv'
import { memory } from 'mydht/transports/memory'

const writer = await createNode({ transport: memory(), apps: { kv: kv() } })
const reader = await createNode({ transport: memory(), apps: { kv: kv() }, join: [writer.address] })

async function show(): Promise<void> {
  const found = await reader.kv.resolve(writer.id, 'where')
  if (found) console.log(`version ${found.sequence}: ${Buffer.from(found.value).toString()}`)
}

// Without `sequence` a version is numbered by the clock.
await writer.kv.publish('where', 'at home', { sequence: 1 })
await show()
await writer.kv.publish('where', 'on the road', { sequence: 2 })
await show()

try {
  await writer.kv.publish('where', 'in the woods', { ifSequence: 1 })
} catch (error) {
  console.log(`a change of version 1: ${error instanceof MyDhtError ? error.code : String(error)}`)
}
console.log('nobody published "mood":', await reader.kv.resolve(writer.id, 'mood'))

await Promise.all([writer.close(), reader.close()])
