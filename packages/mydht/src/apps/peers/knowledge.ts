/**
 * @module apps/peers/knowledge
 * Which peers we know and how well: connected, proven (we dialled them, and they proved their id there), former (they proved it once,
 * and could not be reached since), or only named, by others or by themselves. Only proven ones are named to others; clients never.
 * Not here: asking others (`global.ts`).
 */
import { equalBytes } from '../../bytes.ts'
import type { Clock } from '../../clock.ts'
import type { PeerId } from '../../identity/peer-id.ts'
import type { PeerRef } from '../../identity/peer-ref.ts'
import { decodePeerRecord, verifyPeerRecord } from '../../identity/peer-record.ts'
import { publicBlock } from '../../peers/host-key.ts'
import type { Random } from '../../random.ts'
import * as defaults from './defaults.ts'
import type { KeptPeers } from './kept-peers.ts'
import type { PeersStats, PeerStoreOptions } from './protocol.ts'
import { createPeerTable, type KnownPeer } from './table.ts'
import { createUnmet } from './unmet.ts'

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
  /** Peers to dial: proven ones, those first that this run has met, then candidates. */
  toDial(count: number, exclude: ReadonlySet<PeerId>): readonly KnownPeer[]
  /** Former peers to dial, the longest untried first; they count as tried. */
  formerToDial(count: number, exclude: ReadonlySet<PeerId>): readonly KnownPeer[]
  /** Proven peers that an earlier run kept and this one has not met; each is given once. */
  unmetToDial(count: number, exclude: ReadonlySet<PeerId>): readonly KnownPeer[]
  /** Takes in some of the peers that an earlier run kept, as earlier than ours. True: there are more. */
  restoreSome(): boolean
  /** A peer proved itself where we dialled it. `record` and `host`: of one that is not online. */
  dialled(id: PeerId, record?: Uint8Array, host?: string): void
  /** Dials to these addresses of a peer came to nothing. */
  unreachable(id: PeerId, tried: readonly string[]): void
  size(): Omit<PeersStats, 'engine'>
}

/** Makes it. Proven peers are kept in `kept` too. */
export function createKnowledge(
  self: PeerId,
  network: string,
  { clock, random }: { readonly clock: Clock; readonly random: Random },
  options: PeerStoreOptions,
  kept?: KeptPeers
): Knowledge {
  const maxPerBlock = options.maxPerBlock ?? defaults.maxPerBlock
  const maxNamedPerBlock = options.maxNamedPerBlock ?? defaults.maxNamedPerBlock
  const formerTable = createPeerTable({
    max: options.maxFormer ?? defaults.maxFormer,
    maxPerBlock,
    graceMs: options.rememberMs ?? defaults.rememberMs,
    dropped: ({ record }) => kept?.forget(record.id),
  })
  // Who proved itself is there by its own deed, whoever named it.
  const provenTable = createPeerTable({
    max: options.maxProven ?? defaults.maxProven,
    maxPerBlock,
    dropped(known) {
      unmet.delete(known.record.id)
      if (formerTable.add(known) === 'refused') kept?.forget(known.record.id)
    },
  })
  const candidates = createPeerTable({
    max: options.maxCandidates ?? defaults.maxCandidates,
    maxPerBlock,
    maxNamedPerBlock,
  })
  const unmet = createUnmet(random)
  const online = new Map<PeerId, OnlinePeer>()
  let own: KnownPeer | undefined
  let refused = 0
  /** The record that was checked last: an answer is checked, then kept, and a signature costs 90 µs. */
  let last: KnownPeer | undefined

  const sweep = (): void => {
    provenTable.sweep(clock.now())
    formerTable.sweep(clock.now())
    candidates.sweep(clock.now())
  }
  const check: Knowledge['check'] = (bytes, id) => {
    const again = last && equalBytes(last.bytes, bytes) && last.record.expiresAtMs > clock.now()
    if (last && again && (id === undefined || last.record.id === id)) return last
    const verified = verifyPeerRecord(bytes, network, clock.now())
    if (verified.ok && (id === undefined || verified.record.id === id)) {
      last = { record: verified.record, bytes: verified.bytes }
      return last
    }
    refused++
    return undefined
  }
  const prove = (known: KnownPeer): void => {
    sweep()
    candidates.delete(known.record.id)
    unmet.delete(known.record.id)
    const outcome = provenTable.add(known)
    if (outcome === 'news') kept?.keep(known)
    if (outcome !== 'refused') formerTable.take(known.record.id)
  }
  /** A newer record of a proven peer that listens where it did: its own word, and nothing to prove. */
  const renews = (known: KnownPeer, proven: KnownPeer | undefined): proven is KnownPeer =>
    proven !== undefined && known.record.addresses.join(' ') === proven.record.addresses.join(' ')
  /** Takes in one that an earlier run kept; a record that is dead by now still says where its peer listened. */
  const checkKept = (bytes: Uint8Array): KnownPeer | undefined => {
    const decoded = decodePeerRecord(bytes)
    if (!decoded.ok) return undefined
    const aliveMs = Math.min(clock.now(), decoded.value.expiresAtMs - 1)
    const verified = verifyPeerRecord(bytes, network, aliveMs)
    return verified.ok ? { record: verified.record, bytes: verified.bytes } : undefined
  }
  const provenOf = (ids: Iterable<PeerId>, count: number, exclude: ReadonlySet<PeerId>): readonly KnownPeer[] => {
    const chosen: KnownPeer[] = []
    for (const id of ids) {
      if (chosen.length >= count) break
      const known = exclude.has(id) ? undefined : provenTable.get(id)
      if (known) chosen.push(known)
    }
    return chosen
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
      unmet.delete(peer.id)
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
      sweep()
      const proven = provenTable.get(id)
      if (there) {
        if (there.known && there.known.record.sequence >= sequence) return 'known'
        online.set(id, { ...there, known })
        if (renews(known, proven)) prove({ ...known, host: proven.host })
        else candidates.add(candidate)
        return 'news'
      }
      if (proven && proven.record.sequence >= sequence) return 'known'
      if (renews(known, proven)) {
        prove({ ...known, host: proven.host })
        return 'news'
      }
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
      const met = provenTable.some(count, new Set([...exclude, ...unmet.ids()]))
      const others = provenOf(unmet.ids(), count - met.length, exclude)
      const named = [...met, ...others]
      const skip = new Set([...exclude, ...named.map(({ record }) => record.id)])
      return [...named, ...candidates.some(count - named.length, skip)]
    },
    formerToDial(count, exclude) {
      sweep()
      const former = formerTable.earliest(count, exclude)
      for (const one of former) formerTable.add(one)
      return former
    },
    unmetToDial(count, exclude) {
      sweep()
      const chosen = provenOf(unmet.ids(), count, exclude)
      for (const { record } of chosen) unmet.delete(record.id)
      return chosen
    },
    unreachable(id, tried) {
      unmet.delete(id)
      for (const table of [candidates, provenTable])
        if (table.get(id)?.record.addresses.every((address) => tried.includes(address))) table.delete(id)
    },
    dialled(id, record, host) {
      unmet.delete(id)
      const there = online.get(id)
      const known = there?.known ?? (record ? check(record, id) : candidates.get(id))
      if (known) prove({ ...known, host: there?.host ?? host ?? provenTable.get(id)?.host })
    },
    restoreSome() {
      if (!kept) return false
      sweep()
      return kept.restoreSome(checkKept, (known) => {
        const { id, expiresAtMs } = known.record
        // Met already, while the store was being opened.
        if (id === self || provenTable.get(id)) return
        if (expiresAtMs <= clock.now()) formerTable.add(known)
        else if (provenTable.add(known) === 'news') {
          candidates.delete(id)
          if (!online.has(id)) unmet.add(id)
        }
      })
    },
    size() {
      sweep()
      return {
        connected: online.size,
        proven: provenTable.size,
        candidates: candidates.size,
        former: formerTable.size,
        refused,
      }
    },
  }
}
