/**
 * @module routes/kademlia
 * A route by distance (Maymounkov and Mazières, "Kademlia: A Peer-to-peer Information System Based on the XOR Metric", 2002): the peers nearest
 * to a key, connected or not. A peer enters the table only after our own dial proved it; who is merely connected can be asked and is not named.
 * Not here: the table (`kademlia-table.ts`), searches over many hops (`queries/iterative/`), dials (`node/routing.ts`).
 */
import { equalBytes } from '../bytes.ts'
import type { PeerId } from '../identity/peer-id.ts'
import { peerKey } from '../identity/peer-key.ts'
import { decodePeerRecord } from '../identity/peer-record.ts'
import type { PeerRef } from '../identity/peer-ref.ts'
import { part } from '../part.ts'
import { publicBlock, publicBlocks } from '../peers/host-key.ts'
import { boundedTable } from '../peers/bounded-table.ts'
import { defaultKademlia, maxChecks, maxQuiet, type KademliaLimits } from './defaults.ts'
import { createFlood } from './flood.ts'
import { createSchedule } from './kademlia-schedule.ts'
import { createKademliaTable, type Contact } from './kademlia-table.ts'
import type { NearestRequest, Route, RouteContact, RouteFactory, RoutePart, RouteParts } from './route.ts'
import { compareDistance } from './xor.ts'

/** Options of `kademlia()`. */
export interface KademliaOptions extends Partial<KademliaLimits> {
  /** Searches of its own: for itself after joining, and in parts of the table where nobody searched for long. @default true */
  readonly lookups?: boolean | undefined
}

/** By distance to the query's key; peers are remembered and dialled when they are needed. */
export function kademlia(options: KademliaOptions = {}): RoutePart {
  return part(import.meta.url, 'createKademlia', options, createKademlia)
}

/** A connected peer. */
interface Online {
  readonly peer: PeerRef
  readonly key: Uint8Array
  readonly record: Uint8Array | undefined
  readonly blocks: readonly string[]
  /** It answers nobody's queries. */
  readonly clientOnly: boolean
}

/** What `kademlia()` names: makes the route's factory. */
export function createKademlia(options: KademliaOptions): RouteFactory {
  const { lookups = true, ...given } = options
  const limits: KademliaLimits = { ...defaultKademlia, ...given }
  return (parts: RouteParts): Route => {
    const { self, clock, random } = parts
    const own = peerKey(self)
    const now = (): number => clock.monotonicMs()
    const table = createKademliaTable(own, limits, now())
    const online = new Map<PeerId, Online>()
    /** Peers that were asked and said nothing: how often in a row, and when last. */
    const quiet = boundedTable<{ readonly times: number; readonly lastMs: number }>(maxQuiet)
    const timesQuiet = (id: PeerId): number => {
      const known = quiet.get(id)
      return known && now() - known.lastMs < limits.quietMs ? known.times : 0
    }
    const isQuiet = (id: PeerId): boolean => quiet.size() > 0 && timesQuiet(id) >= limits.maxSilences
    const schedule = createSchedule(own, table, limits.fillWidth, random)
    /** For queries about no key: everybody in turn. */
    const turns = createFlood()(parts)

    /** Asking the nearest only is wise where there are far ones. In a small network everybody is near. */
    const isSparse = (): boolean => {
      let known = table.size
      for (const id of online.keys()) if (!table.get(id)) known++
      return known < limits.k
    }
    const filterOf = (request: NearestRequest): ((id: PeerId, key: Uint8Array) => boolean) => {
      const { key: target, exclude } = request
      const nearer = request.nearer === true && !isSparse()
      return (id, key) => id !== self && !exclude.has(id) && (!nearer || compareDistance(target, key, own) < 0)
    }
    const connectedNearest = (
      request: NearestRequest,
      fits: (id: PeerId, key: Uint8Array) => boolean
    ): readonly Online[] => {
      const able: Online[] = []
      for (const [id, one] of online) if (!one.clientOnly && !isQuiet(id) && fits(id, one.key)) able.push(one)
      const sorted = able.toSorted((a, b) => compareDistance(request.key, a.key, b.key))
      return fewOfEachBlock(sorted, request.count, limits.maxPerBlock)
    }
    const contactOf = ({ id, record }: Contact): RouteContact => ({ id, peer: online.get(id)?.peer, record })

    return {
      name: 'kademlia',
      online(peer, record, host) {
        if (peer.id === self) return
        const known = table.get(peer.id)
        // No client is in the table.
        const decoded = known || !record ? undefined : decodePeerRecord(record)
        const clientOnly = decoded?.ok === true && decoded.value.clientOnly
        const claimed = known?.blocks ?? (decoded?.ok === true ? publicBlocks(decoded.value.addresses) : [])
        // A record may say what it likes, that its peer is in a private network for one: where the link ends is true.
        const actual = host === undefined ? undefined : publicBlock(host)
        const blocks = actual === undefined || claimed.includes(actual) ? claimed : [...claimed, actual]
        online.set(peer.id, { peer, key: known?.key ?? peerKey(peer.id), record, blocks, clientOnly })
        table.alive(peer.id, now())
        turns.online(peer)
      },
      offline(peer) {
        if (online.delete(peer.id)) table.alive(peer.id, now())
        turns.offline(peer)
      },
      silent(id) {
        const times = timesQuiet(id) + 1
        quiet.set(id, { times, lastMs: now() })
        if (times >= limits.maxSilences) table.remove(id)
      },
      reachable(id, record) {
        if (isQuiet(id)) return
        const known = table.get(id)
        if (known && equalBytes(known.record, record)) {
          table.alive(id, now())
          return
        }
        const decoded = decodePeerRecord(record)
        if (id === self || !decoded.ok || decoded.value.clientOnly) return
        table.seen({ id, key: peerKey(id), record, blocks: publicBlocks(decoded.value.addresses) }, now())
      },
      wants(id, record) {
        if (id === self || isQuiet(id)) return false
        const known = table.get(id)
        if (known) return !equalBytes(known.record, record)
        const decoded = decodePeerRecord(record)
        if (!decoded.ok || decoded.value.clientOnly) return false
        return table.wants({ key: peerKey(id), blocks: publicBlocks(decoded.value.addresses) })
      },
      unreachable(id, tried) {
        if (online.has(id)) return
        const known = table.get(id)
        const decoded = known && decodePeerRecord(known.record)
        if (decoded?.ok && !decoded.value.addresses.every((address) => tried.includes(address))) return
        table.failed(id, now())
      },
      next(request) {
        const { key } = request
        if (key === undefined) return turns.next(request)
        const asked = { ...request, key }
        return connectedNearest(asked, filterOf(asked)).map(({ peer }) => peer)
      },
      nearest(request) {
        table.touched(request.key, now())
        const fits = filterOf(request)
        const known = table.closest(request.key, request.count, ({ id, key }) => fits(id, key))
        if (request.proven === true) return known.map(contactOf)
        const named = new Set(known.map(({ id }) => id))
        // A contact that failed and is online all the same is alive.
        const others = connectedNearest(request, fits).filter(({ peer }) => !named.has(peer.id))
        if (others.length === 0) return known.map(contactOf)
        const both = [
          ...known.map((one) => ({ key: one.key, blocks: one.blocks, contact: contactOf(one) })),
          ...others.map(({ peer, key, record, blocks }) => ({ key, blocks, contact: { id: peer.id, peer, record } })),
        ]
        const sorted = both.toSorted((a, b) => compareDistance(request.key, a.key, b.key))
        return fewOfEachBlock(sorted, request.count, limits.maxPerBlock).map(({ contact }) => contact)
      },
      upkeep() {
        const check: RouteContact[] = []
        for (const contact of table.toCheck(now(), maxChecks)) {
          if (online.has(contact.id)) table.alive(contact.id, now())
          else check.push(contactOf(contact))
        }
        const alone = online.size === 0 && table.closest(own, 1).length === 0
        return { check, refresh: lookups ? schedule.due(!alone, now()) : [], alone }
      },
    }
  }
}

/** Anybody may connect to us: who rents one address block must not be all that we know near a key. */
function fewOfEachBlock<T extends { readonly blocks: readonly string[] }>(
  nearestFirst: readonly T[],
  count: number,
  most: number
): readonly T[] {
  const perBlock = new Map<string, number>()
  const chosen: T[] = []
  for (const one of nearestFirst) {
    if (chosen.length >= count) break
    if (one.blocks.some((block) => (perBlock.get(block) ?? 0) >= most)) continue
    for (const block of one.blocks) perBlock.set(block, (perBlock.get(block) ?? 0) + 1)
    chosen.push(one)
  }
  return chosen
}
