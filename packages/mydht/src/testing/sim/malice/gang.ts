/**
 * @module testing/sim/malice/gang
 * Malicious nodes that know each other: who they are, whom they have made up, and what they remember. Not here: what they do with it.
 */
import { createIdentity } from '../../../identity/keys.ts'
import { peerKey } from '../../../identity/peer-key.ts'
import type { PeerId } from '../../../identity/peer-id.ts'
import { createPeerRecord, encodePeerRecord } from '../../../identity/peer-record.ts'
import type { Random } from '../../../random.ts'
import { compareDistance } from '../../../routes/xor.ts'
import { createOldVersions, type OldVersions } from './old-versions.ts'

/** Malicious nodes that know each other, each with its place and its signed record. */
export interface Gang {
  join(id: PeerId, record: Uint8Array): void
  /** Records of the members nearest to a key. */
  nearest(key: Uint8Array, count: number): readonly Uint8Array[]
  /** Records of peers that do not exist, truly signed by identities that were made for it, nearest to a key first. */
  ghosts(key: Uint8Array, count: number, maker: GhostMaker): readonly Uint8Array[]
  /** What they have seen that there are newer versions of by now. */
  readonly old: OldVersions
}

/** What it takes to make up a peer. */
export interface GhostMaker {
  readonly network: string
  readonly nowMs: number
  readonly random: Random
}

interface Known {
  readonly key: Uint8Array
  readonly record: Uint8Array
}

/** Peers that a gang makes up: enough that of each search some are near, and few enough that their signatures cost nothing. */
const mostGhosts = 64
/** How long their records say that they live, in milliseconds: an hour, and new ones are made after half of it. */
const ghostLifeMs = 3_600_000

/** An empty gang. */
export function createGang(): Gang {
  const members = new Map<PeerId, Known>()
  let ghosts: readonly Known[] = []
  let ghostsMadeMs = -Infinity
  return {
    join: (id, record) => void members.set(id, { key: peerKey(id), record: record.slice() }),
    nearest: (key, count) => nearestOf([...members.values()], key, count),
    ghosts(key, count, maker) {
      if (maker.nowMs - ghostsMadeMs > ghostLifeMs / 2) {
        ghosts = Array.from({ length: mostGhosts }, () => makeUp(maker))
        ghostsMadeMs = maker.nowMs
      }
      return nearestOf(ghosts, key, count)
    },
    old: createOldVersions(),
  }
}

function nearestOf(known: readonly Known[], key: Uint8Array, count: number): readonly Uint8Array[] {
  return known
    .toSorted((a, b) => compareDistance(key, a.key, b.key))
    .slice(0, count)
    .map(({ record }) => record)
}

/** A peer at an address where nobody is: of a range that the simulated network gives to no host. */
function makeUp({ network, nowMs, random }: GhostMaker): Known {
  const identity = createIdentity(random.bytes(32), network)
  const address = `sim://${100 + random.below(20)}.${random.below(256)}.${random.below(256)}.1:1`
  // A simulated clock stands between two milliseconds as a rule.
  const sequence = Math.trunc(nowMs)
  const facts = { sequence, expiresAtMs: sequence + ghostLifeMs, addresses: [address], clientOnly: false }
  return { key: peerKey(identity.id), record: encodePeerRecord(createPeerRecord(identity, facts)) }
}
