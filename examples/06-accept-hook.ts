/**
 * The accept hook: the program's own word on who may connect, after a peer has proved who it is. Here: a list of friends.
 *
 * Run: node examples/dist/06-accept-hook.js
 * Prints:
 *   the friend is in
 *   the stranger is refused with "friends-only": true
 */
import { createNode, MyDhtError, part, systemRandom, type AcceptHook, type PeerId } from 'mydht'
import { createIdentity } from 'mydht/identity'
import { memory } from 'mydht/transports/memory'

/** A factory: hooks are parts like any other, so they can run in another thread. */
export function onlyFriends(friends: readonly PeerId[]): AcceptHook {
  return ({ id }) => (id && friends.includes(id) ? true : { accepted: false, code: 'friends-only' })
}

// Keep a seed with `readOrCreateKeyFile` of 'mydht/identity': it is the node's identity.
const seed = systemRandom.bytes(32)
const friendId = createIdentity(seed, 'mydht').id

const host = await createNode({
  transport: memory(),
  accept: part(import.meta.url, 'onlyFriends', [friendId], onlyFriends),
})

const friend = await createNode({ transport: memory(), seed, join: [host.address] })
console.log('the friend is in')

const stranger = await createNode({ transport: memory() })
try {
  await stranger.connect(host.address)
} catch (error) {
  const refused = MyDhtError.is(error, 'MYDHT_REFUSED') && error.message.includes('friends-only')
  console.log(`the stranger is refused with "friends-only": ${refused}`)
}

await Promise.all([host, friend, stranger].map((node) => node.close()))
