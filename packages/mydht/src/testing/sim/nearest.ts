/**
 * @module testing/sim/nearest
 * The nodes that are truly nearest to a key, as only somebody knows who sees them all. Not here: how a node finds them.
 */
import { peerKey } from '../../identity/peer-key.ts'
import type { PeerId } from '../../identity/peer-id.ts'
import { compareDistance } from '../../routes/xor.ts'

/** Keys of nodes: a node keeps its own for its life, a hash each time would be most of a big network's puts. */
const keys = new WeakMap<object, Uint8Array>()

/** The `count` members nearest to `key`, nearest first. */
export function nearestMembers<M extends { readonly node: { readonly id: PeerId } }>(
  members: readonly M[],
  key: Uint8Array,
  count: number
): readonly M[] {
  const found: { readonly member: M; readonly at: Uint8Array }[] = []
  for (const member of members) {
    const at = keys.get(member.node) ?? peerKey(member.node.id)
    keys.set(member.node, at)
    const last = found.at(-1)
    if (found.length >= count && last && compareDistance(key, last.at, at) <= 0) continue
    let place = found.length
    while (place > 0 && compareDistance(key, at, found[place - 1]?.at ?? at) < 0) place--
    found.splice(place, 0, { member, at })
    if (found.length > count) found.pop()
  }
  return found.map(({ member }) => member)
}
