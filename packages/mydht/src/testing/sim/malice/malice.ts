/**
 * @module testing/sim/malice/malice
 * Malicious nodes: the very node, but with somebody in the way of its kv and of its peer store. Not here: how many there are (`starting.ts`).
 */
import type { KvApp } from '../../../apps/kv/kv.ts'
import type { Spawner } from '../../../service/spawner.ts'
import type { Malice } from '../scenario.ts'
import type { Gang } from './gang.ts'
import { forgingKv, forgingPeers, lyingKv, lyingPeers } from './misleading.ts'
import { hostile, hostileSpawner, type Mischief, type Scene } from './mischief.ts'
import { replayingKv, replayingPeers } from './replays.ts'

/** The kv app of a malicious node. */
export function maliciousKv(app: KvApp, malice: Malice, gang: Gang): KvApp {
  const make = (scene: Scene): Mischief => {
    const mischief = kvMischief(malice, scene, gang)
    return {
      ...mischief,
      hears(command, say) {
        if (command.type === 'self') gang.join(scene.init.self, command.record)
        return mischief.hears(command, say)
      },
    }
  }
  return { ...app, global: hostile(app.global, make) }
}

/** Where the peer store of a malicious node is placed. */
export function maliciousPeerStore(malice: Malice, gang: Gang): Spawner<'sync'> {
  return hostileSpawner((scene) => peersMischief(malice, scene, gang))
}

/** What the kv of a malicious node does. */
export function kvMischief(malice: Malice, scene: Scene, gang: Gang): Mischief {
  switch (malice) {
    case 'silent':
      return { hears: (command) => command.type === 'message' && command.message.type === 'query' }
    case 'forging':
      return forgingKv(scene)
    case 'lying':
      return lyingKv(gang)
    case 'replaying':
      return replayingKv(scene, gang.old)
  }
}

/** What its peer store does. */
export function peersMischief(malice: Malice, scene: Scene, gang: Gang): Mischief {
  switch (malice) {
    case 'silent':
      return {
        hears: (command) =>
          command.type === 'message' && (command.message.type === 'query' || command.message.type === 'request'),
      }
    case 'forging':
      return forgingPeers(scene, gang)
    case 'lying':
      return lyingPeers(gang)
    case 'replaying':
      return replayingPeers(scene, gang.old)
  }
}
