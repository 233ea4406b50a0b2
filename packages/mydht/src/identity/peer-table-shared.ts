/**
 * @module identity/peer-table-shared
 * References of kind `shared`: peers in a table of shared memory that one thread writes and all others read. A peer crosses as the number of its slot,
 * and each thread makes its object and its text once. Not here: how the memory gets to other threads (`SpawnParts.memory`).
 */
import { MyDhtError } from '../errors.ts'
import type { Random } from '../random.ts'
import { shareMemory, sharedMemory } from '../service/shared-memory.ts'
import { maxOpenPeerTables } from './defaults.ts'
import { peerIdBytes, peerIdFromBytes, peerIdToBytes, type PeerId } from './peer-id.ts'
import { formedPeerRef, peerRef, type PeerRef } from './peer-ref.ts'

/** A table as its one writer has it. */
export interface SharedPeers {
  /** What other threads must be given for what this thread sends them: by the name that they look for. */
  readonly memory: Readonly<Record<string, SharedArrayBuffer>>
  /** A reference to a peer, and a reason to keep its slot until `drop`. A copied one where all slots are held. */
  hold(id: PeerId): PeerRef
  /** One reason less. Without any, the slot waits to be used again: as the last of all, and references to it work until then. */
  drop(id: PeerId): void
  /** Slots that are held now. */
  readonly held: number
  /** Ends the sharing: nobody new can open the table. Who has it open may still read what is on its way. */
  close(): void
}

/** A slot of the writer. */
interface Held {
  readonly slot: number
  readonly peer: PeerRef
  reasons: number
}

/** A table as any thread reads it, with the references that this thread has made. */
interface Reader {
  /** Odd while the slot is being written. */
  readonly generations: Int32Array
  readonly ids: Uint8Array
  readonly peers: Map<number, { readonly generation: number; readonly peer: PeerRef }>
}

const slotBytes = 4 + peerIdBytes
const readers = new Map<number, Reader>()

/** A table of `capacity` slots. Its number is drawn: tables of several nodes may meet in one thread. */
export function createSharedPeers(random: Random, capacity: number): SharedPeers {
  let table = random.below(0xffff_ffff)
  while (readers.has(table) || sharedMemory(nameOf(table)) !== undefined) table = random.below(0xffff_ffff)
  // Pages that were never written take no memory, so that a large table costs what it is used for.
  const memory = new SharedArrayBuffer(capacity * slotBytes)
  const name = nameOf(table)
  const unshare = shareMemory(name, memory)
  const { generations, ids, peers } = readerOf(table)
  const known = new Map<PeerId, Held>()
  /** Those that nobody holds, in the order of their last use. */
  const retired = new Set<PeerId>()
  let used = 0

  const freeSlot = (): number | undefined => {
    if (used < capacity) return used++
    const [oldest] = retired
    const slot = oldest === undefined ? undefined : known.get(oldest)?.slot
    if (oldest === undefined || slot === undefined) return undefined
    retired.delete(oldest)
    known.delete(oldest)
    return slot
  }

  const put = (slot: number, id: PeerId): PeerRef => {
    const generation = Atomics.add(generations, slot, 1) + 2
    ids.set(peerIdToBytes(id), slot * peerIdBytes)
    Atomics.store(generations, slot, generation)
    const peer = formedPeerRef(id, { kind: 'shared', table, slot, generation: generation >>> 0 })
    peers.set(slot, { generation: generation >>> 0, peer })
    return peer
  }

  return {
    memory: { [name]: memory },
    hold(id) {
      const there = known.get(id)
      if (there !== undefined) {
        retired.delete(id)
        there.reasons++
        return there.peer
      }
      const slot = freeSlot()
      if (slot === undefined) return peerRef(id)
      const peer = put(slot, id)
      known.set(id, { slot, peer, reasons: 1 })
      return peer
    },
    drop(id) {
      const there = known.get(id)
      if (there === undefined || there.reasons === 0) return
      there.reasons--
      if (there.reasons === 0) retired.add(id)
    },
    get held() {
      return known.size - retired.size
    },
    close: unshare,
  }
}

/**
 * This thread's reference to what a slot held when it was sent. Throws MYDHT_BAD_MESSAGE when it holds another peer by now and this thread never
 * saw the one before, and where nobody shares the table with this thread: a wrong peer is never given.
 */
export function sharedPeerRef(table: number, slot: number, generation: number): PeerRef {
  const reader = readerOf(table)
  const known = reader.peers.get(slot)
  if (known?.generation === generation) return known.peer
  const before = Atomics.load(reader.generations, slot)
  const bytes = reader.ids.slice(slot * peerIdBytes, (slot + 1) * peerIdBytes)
  if (before >>> 0 !== generation || Atomics.load(reader.generations, slot) !== before) {
    const said = `slot ${slot} of the table of peers holds another peer by now (${before >>> 0}, not ${generation}): raise limits.maxSharedPeers`
    throw new MyDhtError('MYDHT_BAD_MESSAGE', said)
  }
  const peer = formedPeerRef(peerIdFromBytes(bytes), { kind: 'shared', table, slot, generation })
  reader.peers.set(slot, { generation, peer })
  return peer
}

function readerOf(table: number): Reader {
  const there = readers.get(table)
  if (there !== undefined) return there
  const memory = sharedMemory(nameOf(table))
  if (memory === undefined) {
    const said = `nobody shares the table of peers ${table} with this thread: give its memory to whoever spawns (SpawnParts.memory)`
    throw new MyDhtError('MYDHT_BAD_MESSAGE', said)
  }
  const [oldest] = readers.keys()
  if (oldest !== undefined && readers.size >= maxOpenPeerTables) readers.delete(oldest)
  const slots = memory.byteLength / slotBytes
  const generations = new Int32Array(memory, 0, slots)
  const reader = { generations, ids: new Uint8Array(memory, slots * 4), peers: new Map() }
  readers.set(table, reader)
  return reader
}

function nameOf(table: number): string {
  return `mydht peers ${table}`
}
