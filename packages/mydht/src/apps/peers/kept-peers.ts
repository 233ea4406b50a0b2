/**
 * @module apps/peers/kept-peers
 * Proven peers in a store, so that a node that starts again knows whom it can dial. Not here: which peers are proven (`knowledge.ts`).
 *
 * A value: u8 length of the host, the host of the link on which the peer proved itself (the dial policy judges its addresses by it), its record.
 */
import { concat, utf8Bytes, utf8Text } from '../../bytes.ts'
import type { PeerId } from '../../identity/peer-id.ts'
import type { Store } from '../../stores/store.ts'
import * as defaults from './defaults.ts'
import type { KnownPeer } from './table.ts'

/** Peers in a store. */
export interface KeptPeers {
  keep(peer: KnownPeer): void
  forget(id: PeerId): void
  /**
   * Takes in some of those that an earlier run kept. True: there are more. A record that is no longer true (another network's, say) is
   * forgotten.
   */
  restoreSome(check: (record: Uint8Array) => KnownPeer | undefined, take: (peer: KnownPeer) => void): boolean
}

/** Makes it over a store that somebody else opens and closes. What is kept stays for `graceMs` after the end of its record. */
export function createKeptPeers(store: Store, graceMs: number): KeptPeers {
  let left: Iterator<readonly [string, { readonly bytes: Uint8Array }]> | undefined

  return {
    keep({ record, bytes, host = '' }) {
      const name = utf8Bytes(host)
      const known = name.length <= 255 ? name : new Uint8Array(0)
      // A full store keeps those that it has: the table, which is smaller, is what counts.
      store.put(record.id, concat([Uint8Array.of(known.length), known, bytes]), record.expiresAtMs + graceMs)
    },
    forget: (id) => void store.delete(id),
    restoreSome(check, take) {
      left ??= store.entries()[Symbol.iterator]()
      for (let i = 0; i < defaults.restoredAtOnce; i++) {
        const next = left.next()
        if (next.done === true) return false
        const [key, { bytes }] = next.value
        const end = 1 + (bytes[0] ?? 0)
        const known = check(bytes.subarray(end))
        if (known?.record.id === key) take({ ...known, host: utf8Text(bytes.subarray(1, end)) })
        else store.delete(key)
      }
      return true
    },
  }
}
