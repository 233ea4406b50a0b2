/**
 * @module apps/peers/knowledge
 * Which peers we know and how well: connected, proven (we dialled them, and they proved their id there), or only named, by others or by
 * themselves. Only proven ones are named to others; clients never.
 * Not here: asking others (`global.ts`).
 */
import { equalBytes } from '../../bytes.ts'
import type { Clock } from '../../clock.ts'
import type { PeerId } from '../../identity/peer-id.ts'
import type { PeerRef } from '../../identity/peer-ref.ts'
import { verifyPeerRecord } from '../../identity/peer-record.ts'
import { publicBlock } from '../../peers/host-key.ts'
import * as defaults from './defaults.ts'
import type { KeptPeers } from './kept-peers.ts'
import type { PeerStoreOptions } from './protocol.ts'
import { createPeerTable, type KnownPeer } from './table.ts'

/** A connected peer. */
export interface OnlinePeer {
  readonly peer: PeerRef
  /** Undefined: peers are anonymous. */
  readonly known: KnownPeer | undefined
  /** It runs this app too. */
  readonly answers: boolean
  /** The public address block that its connection comes from. */
  readonly block: string | undefined
  /** The other end of its connection; '': not known. */
  readonly host: string
}

/** All that is known of peers. */
export interface Knowledge {
  readonly online: ReadonlyMap<PeerId, OnlinePeer>
  /** A peer was accepted by both sides: it proved its id and signed its record, but not that its addresses are its own. */
  cameOnline(peer: PeerRef, record: Uint8Array | undefined, answers: boolean, host: string): void
  wentOffline(id: PeerId): void
  /** Our own record, which we name ourselves by. */
  setSelf(record: Uint8Array): void
  /** Reads and checks a record. Copies. Undefined: refused and counted. */
  check(bytes: Uint8Array, id?: PeerId): KnownPeer | undefined
  /** Somebody named a verified record: keeps it as a candidate, or as the newer record of a connected peer. */
  named(peer: KnownPeer, cause: PeerId): 'news' | 'known'
  /** The record of a peer that we may name to others, our own included. */
  nameable(id: PeerId): KnownPeer | undefined
  /** The newest record of a peer or of ourselves, however it was learnt. */
  any(id: PeerId): KnownPeer | undefined
  /** Peers that we may name to others, the latest first. */
  proven(count: number, exclude: ReadonlySet<PeerId>): readonly KnownPeer[]
  /** Peers to dial: proven ones, then candidates. */
  toDial(count: number, exclude: ReadonlySet<PeerId>): readonly KnownPeer[]
  /** Takes in some of the proven peers that an earlier run kept, as earlier than ours. True: there are more. */
  restoreSome(): boolean
  /** A dial ended. */
  dialled(id: PeerId, proven: boolean): void
  size(): { readonly connected: number; readonly proven: number; readonly candidates: number; readonly refused: number }
}

/** Makes it. Proven peers are kept in `kept` too. */
export function createKnowledge(
  self: PeerId,
  network: string,
  clock: Clock,
  options: PeerStoreOptions,
  kept?: KeptPeers
): Knowledge {
  const maxPerBlock = options.maxPerBlock ?? defaults.maxPerBlock
  const maxNamedPerBlock = options.maxNamedPerBlock ?? defaults.maxNamedPerBlock
  // Who proved itself is there by its own deed, whoever named it.
  const provenTable = createPeerTable(options.maxProven ?? defaults.maxProven, maxPerBlock, Infinity, (id) =>
    kept?.forget(id)
  )
  const candidates = createPeerTable(options.maxCandidates ?? defaults.maxCandidates, maxPerBlock, maxNamedPerBlock)
  const online = new Map<PeerId, OnlinePeer>()
  let own: KnownPeer | undefined
  let refused = 0
  /** The record that was checked last: an answer is checked, then kept, and a signature costs 90 µs. */
  let last: KnownPeer | undefined

  const sweep = (): void => {
    provenTable.sweep(clock.now())
    candidates.sweep(clock.now())
  }
  const check: Knowledge['check'] = (bytes, id) => {
    const again = last && equalBytes(last.bytes, bytes) && last.record.expiresAtMs > clock.now()
    if (last && again && (id === undefined || last.record.id === id)) return last
    const verified = verifyPeerRecord(bytes, network, clock.now())
    if (verified.ok && (id === undefined || verified.record.id === id)) {
      last = { record: verified.record, bytes: bytes.slice() }
      return last
    }
    refused++
    return undefined
  }
  const prove = (known: KnownPeer): void => {
    sweep()
    candidates.delete(known.record.id)
    if (provenTable.add(known) === 'news') kept?.keep(known)
  }
  const alive = (known: KnownPeer | undefined): KnownPeer | undefined =>
    known && known.record.expiresAtMs > clock.now() ? known : undefined

  return {
    online,
    check,
    cameOnline(peer, record, answers, host) {
      const known = record && check(record, peer.id)
      const block = publicBlock(host)
      online.set(peer.id, { peer, known, answers, block, host })
      if (known && provenTable.get(peer.id)?.record.sequence !== known.record.sequence)
        candidates.add({ ...known, namedFrom: block })
    },
    wentOffline: (id) => void online.delete(id),
    setSelf(record) {
      own = check(record, self)
    },
    named(known, cause) {
      const { id, sequence } = known.record
      if (id === self) return 'known'
      const candidate = { ...known, cause, namedFrom: online.get(cause)?.block }
      const there = online.get(id)
      if (there) {
        if (there.known && there.known.record.sequence >= sequence) return 'known'
        online.set(id, { ...there, known })
        candidates.add(candidate)
        return 'news'
      }
      sweep()
      const proven = provenTable.get(id)
      if (proven && proven.record.sequence >= sequence) return 'known'
      // Its new addresses are proven by nobody yet, so a proven peer's newer record is a candidate beside the old one.
      return candidates.add(candidate) === 'news' ? 'news' : 'known'
    },
    nameable(id) {
      if (id === self) return own && !own.record.clientOnly ? alive(own) : undefined
      return alive(provenTable.get(id))
    },
    any(id) {
      if (id === self) return alive(own)
      const known = [online.get(id)?.known, candidates.get(id), provenTable.get(id)]
        .map(alive)
        .filter((one) => one !== undefined)
      return known.reduce<KnownPeer | undefined>(
        (best, one) => (best && best.record.sequence >= one.record.sequence ? best : one),
        undefined
      )
    },
    proven(count, exclude) {
      sweep()
      return provenTable.some(count, exclude)
    },
    toDial(count, exclude) {
      sweep()
      const proven = provenTable.some(count, exclude)
      const skip = new Set([...exclude, ...proven.map(({ record }) => record.id)])
      return [...proven, ...candidates.some(count - proven.length, skip)]
    },
    dialled(id, isProven) {
      const known = online.get(id)?.known ?? candidates.get(id)
      if (isProven && known) prove({ ...known, host: online.get(id)?.host })
      if (isProven) return
      candidates.delete(id)
      provenTable.delete(id)
    },
    restoreSome() {
      if (!kept) return false
      sweep()
      return kept.restoreSome(
        (bytes) => check(bytes),
        (known) => {
          const { id } = known.record
          if (id !== self && !provenTable.get(id) && provenTable.add(known) === 'news') candidates.delete(id)
        }
      )
    },
    size() {
      sweep()
      return { connected: online.size, proven: provenTable.size, candidates: candidates.size, refused }
    },
  }
}
