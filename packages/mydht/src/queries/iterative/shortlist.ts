/**
 * @module queries/iterative/shortlist
 * The peers that a search has heard of, by their distance to the key: whom to ask next, and when the nearest have answered. Over several paths a peer
 * is asked by one of them only, and what it names is known to that path alone, so that one liar spoils one path (Baumgart and Mies, "S/Kademlia",
 * 2007, section 4.4). Pure: no messages, no time.
 */
import { equalBytes } from '../../bytes.ts'
import type { PeerId } from '../../identity/peer-id.ts'
import type { PeerRef } from '../../identity/peer-ref.ts'
import { compareDistance } from '../../routes/xor.ts'

/** A record by which a peer can be dialled, and who named it; undefined: our own route. */
export interface NamedBy {
  readonly record: Uint8Array
  readonly cause: PeerRef | undefined
  /** The public address blocks that this record says. */
  readonly blocks: readonly string[]
}

/** `new`: not asked. `reaching`: being dialled. `asked`. `answered`: it said its last word. `failed`: gone, silent, or it refused. */
export type CandidateState = 'new' | 'reaching' | 'asked' | 'answered' | 'failed'

/** A peer of a search. */
export interface Candidate {
  readonly id: PeerId
  readonly key: Uint8Array
  /** Hops from us: 1 where our own route knew it. */
  readonly depth: number
  /** The public address blocks that it listens in: those of the record by which it is or will be dialled, for each may say others. */
  blocks: readonly string[]
  peer: PeerRef | undefined
  /** Ways to dial it, the first named first. */
  readonly records: NamedBy[]
  /** The one by which it was dialled. */
  used: NamedBy | undefined
  /** Ways that were ever named: only so many are tried. */
  ways: number
  /** Its connection was lost while it was asked. */
  isLost: boolean
  state: CandidateState
  /** The path that heard of it first: its place is counted there. */
  readonly home: number
  /** One bit for each path that has heard of it. */
  paths: number
  /** The path that asks it: `home` until one does. */
  path: number
}

/** What a shortlist is told of a peer. */
export type Heard = Pick<Candidate, 'id' | 'key' | 'depth' | 'blocks' | 'peer'> & {
  readonly named: NamedBy | undefined
}

/** How a search goes about it. */
export interface ShortlistOptions {
  readonly target: Uint8Array
  /** The search is over when so many nearest have answered. */
  readonly width: number
  /** Peers asked at a time, over all paths; each path asks at least one. */
  readonly parallel: number
  /** Disjoint paths: a whole number from 1 to 8. */
  readonly paths: number
  /** Of the nearest, peers of one public address block that count. */
  readonly maxPerBlock: number
  /** Peers remembered, shared by the paths: past it the farthest goes of the path that has most, so that what one path hears drives out nobody else's. */
  readonly max: number
  /** Records by which one peer is dialled. */
  readonly maxWays: number
}

/** The peers of one search. */
export interface Shortlist {
  /** Adds a peer that a path has heard of and that is not known. */
  add(path: number, heard: Heard): void
  /** One more path has heard of a peer. */
  heardAgain(path: number, known: Candidate, depth: number): void
  /** Whether a record is one more way to dial a peer that may need it. */
  wants(known: Candidate, record: Uint8Array): boolean
  /** A record was no way to a peer: the next may be. False: nobody named another. */
  again(candidate: Candidate): boolean
  /** Takes a peer out that nothing true was heard of. */
  forget(candidate: Candidate): void
  get(id: PeerId): Candidate | undefined
  /** The next to be asked, claimed for its path; undefined: none now. Its state must be changed before the next call. */
  next(): Candidate | undefined
  /** Whether the nearest of every path have answered: who is asked besides is too far away to matter. */
  isSettled(): boolean
  /** The nearest that answered, nearest first. */
  closest(): readonly Candidate[]
  readonly all: readonly Candidate[]
}

/** Makes an empty one. */
export function createShortlist(options: ShortlistOptions): Shortlist {
  const { target, width, maxPerBlock, paths } = options
  const perPath = Math.max(1, Math.floor(options.parallel / paths))
  const byId = new Map<PeerId, Candidate>()
  /** Nearest first. */
  const all: Candidate[] = []
  let turn = 0

  const bitOf = (path: number): number => 1 << (path % paths)
  const isUnderWay = ({ state }: Candidate): boolean => state === 'reaching' || state === 'asked'
  /** Goes through the nearest that have not failed and that `counts` takes, few of each address block, until `take` says that it has enough. */
  const eachNearest = (
    counts: (candidate: Candidate) => boolean,
    take: (candidate: Candidate) => 'enough' | undefined
  ): void => {
    let perBlock: Map<string, number> | undefined
    let left = width
    for (const candidate of all) {
      if (left === 0) return
      if (candidate.state === 'failed' || !counts(candidate)) continue
      if (candidate.blocks.length > 0) {
        perBlock ??= new Map()
        const counted = perBlock
        if (candidate.blocks.some((block) => (counted.get(block) ?? 0) >= maxPerBlock)) continue
        for (const block of candidate.blocks) counted.set(block, (counted.get(block) ?? 0) + 1)
      }
      left--
      if (take(candidate) === 'enough') return
    }
  }
  const knownTo =
    (path: number) =>
    (candidate: Candidate): boolean =>
      (candidate.paths & (1 << path)) !== 0
  /** The farthest that nobody works on, of the path that remembers most. */
  const makeRoom = (): void => {
    const counts = Array.from({ length: paths }, () => 0)
    for (const { home } of all) counts[home] = (counts[home] ?? 0) + 1
    let farthest: number | undefined
    for (const [at, { state, home }] of all.entries()) {
      if (state !== 'new') continue
      const fullest = farthest === undefined ? 0 : (counts[all[farthest]?.home ?? 0] ?? 0)
      if ((counts[home] ?? 0) >= fullest) farthest = at
    }
    const [gone] = farthest === undefined ? [] : all.splice(farthest, 1)
    if (gone) byId.delete(gone.id)
  }
  const nextOf = (path: number): Candidate | undefined => {
    let underWay = 0
    for (const candidate of all) if (candidate.path === path && isUnderWay(candidate)) underWay++
    if (underWay >= perPath) return undefined
    let next: Candidate | undefined
    eachNearest(knownTo(path), (candidate) => {
      if (candidate.state !== 'new') return undefined
      next = candidate
      return 'enough'
    })
    return next
  }

  return {
    all,
    get: (id) => byId.get(id),
    heardAgain(path, known, depth) {
      // What our own route knows is dealt out, each to one path.
      if (depth > 1) known.paths |= bitOf(path)
    },
    again(candidate) {
      const [next] = candidate.records
      if (!next) return false
      candidate.state = 'new'
      candidate.blocks = next.blocks
      return true
    },
    forget(candidate) {
      byId.delete(candidate.id)
      const at = all.indexOf(candidate)
      if (at >= 0) all.splice(at, 1)
    },
    wants({ state, peer, ways, used, records }, record) {
      // Who was asked and failed is not asked again; who could not be dialled may live elsewhere.
      if (state === 'answered' || (state === 'failed' && peer) || ways >= options.maxWays) return false
      if (used && equalBytes(used.record, record)) return false
      return !records.some((one) => equalBytes(one.record, record))
    },
    add(path, { named, ...heard }) {
      if (byId.has(heard.id)) return
      const candidate: Candidate = {
        ...heard,
        records: named ? [named] : [],
        used: undefined,
        ways: named ? 1 : 0,
        isLost: false,
        state: 'new',
        home: path % paths,
        paths: bitOf(path),
        path: path % paths,
      }
      let at = all.length
      while (at > 0 && compareDistance(target, heard.key, all[at - 1]?.key ?? target) < 0) at--
      all.splice(at, 0, candidate)
      byId.set(heard.id, candidate)
      if (all.length > options.max) makeRoom()
    },
    next() {
      for (let i = 0; i < paths; i++) {
        const path = (turn + i) % paths
        const candidate = nextOf(path)
        if (!candidate) continue
        turn = path + 1
        candidate.path = path
        return candidate
      }
      return undefined
    },
    isSettled() {
      for (let path = 0; path < paths; path++) {
        let answered = true
        eachNearest(knownTo(path), ({ state }) => {
          answered = state === 'answered'
          return answered ? undefined : 'enough'
        })
        if (!answered) return false
      }
      return true
    },
    closest() {
      const closest: Candidate[] = []
      eachNearest(
        ({ state }) => state === 'answered',
        (candidate) => void closest.push(candidate)
      )
      return closest
    },
  }
}
