/**
 * A network of query engines over the route `kademlia`, in virtual time: every node can be dialled, connections come and go, and nobody is connected
 * to everybody. Signed records are real; only their making is shared, since it is slow.
 */
import { createIdentity } from '../../src/identity/keys.ts'
import type { PeerId } from '../../src/identity/peer-id.ts'
import { peerKey } from '../../src/identity/peer-key.ts'
import {
  createPeerRecord,
  decodePeerRecord,
  encodePeerRecord,
  verifyPeerRecord,
} from '../../src/identity/peer-record.ts'
import type { PeerRef } from '../../src/identity/peer-ref.ts'
import { peerRef } from '../../src/identity/peer-ref.ts'
import { silent } from '../../src/log.ts'
import { seededRandom, type Random } from '../../src/random.ts'
import type { Answer, Ask, AskOutcome, Engine, EngineLimits, Rules } from '../../src/queries/index.ts'
import { createEngine, isEngineMessage, simpleRules } from '../../src/queries/index.ts'
import { createKademlia, type KademliaOptions } from '../../src/routes/kademlia.ts'
import type { Route } from '../../src/routes/route.ts'
import { compareDistance } from '../../src/routes/xor.ts'
import type { AppMessage } from '../../src/wire/messages.ts'

/** Who a node is: its id, its place, and its signed record. */
export interface Someone {
  readonly id: PeerId
  readonly key: Uint8Array
  readonly record: Uint8Array
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const people: Someone[] = []

/** Person `index`, made once. */
export function someone(index: number, address = `memory://node-${index}`): Someone {
  const known = address === `memory://node-${index}` ? people[index] : undefined
  if (known) return known
  const identity = createIdentity(seededRandom(5000 + index).bytes(32), 'test')
  const facts = { sequence: 1, expiresAtMs: 86_400_000, addresses: [address], clientOnly: false }
  const made = {
    id: identity.id,
    key: peerKey(identity.id),
    record: encodePeerRecord(createPeerRecord(identity, facts)),
  }
  if (address === `memory://node-${index}`) people[index] = made
  trusted.set(hex(made.record), made.id)
  return made
}

const trusted = new Map<string, PeerId>()

/** Who signed a record. Those made here are known to be good: a signature check costs more than all else in a search. */
function signerOf(record: Uint8Array): PeerId | undefined {
  const name = hex(record)
  const known = trusted.get(name)
  if (known) return known
  const verified = verifyPeerRecord(record, 'test', 0)
  return verified.ok ? verified.record.id : undefined
}

/** What a node that is none of ours does with a message. */
export type Rogue = (from: number, message: AppMessage, say: (message: AppMessage) => void) => void

export interface SearchNetOptions {
  readonly kademlia?: KademliaOptions
  readonly limits?: Partial<EngineLimits>
  readonly rules?: Rules
  readonly seed?: number
  readonly rogue?: (node: number) => Rogue | undefined
  readonly watch?: (step: 'sent' | 'arrived', from: number, to: number, message: AppMessage) => void
  readonly addressOf?: (node: number) => string | undefined
}

/** One question and what came of it. */
export interface SearchRun {
  readonly answers: Answer[]
  outcome: AskOutcome | undefined
}

interface Node extends Someone {
  readonly index: number
  readonly ref: PeerRef
  readonly engine: Engine
  readonly route: Route
  readonly links: Set<number>
  readonly store: Set<string>
  readonly runs: Map<number, SearchRun>
  dead: boolean
}

export type SearchNet = ReturnType<typeof searchNet>

export const answerOf = (key: Uint8Array): Uint8Array => Uint8Array.of(1, ...key)

/** Makes nodes of these people; nobody knows anybody. */
export function searchNet(who: readonly number[], options: SearchNetOptions = {}) {
  const queue: { at: number; order: number; run: () => void }[] = []
  const nodes: Node[] = []
  const byId = new Map<PeerId, Node>()
  const random: Random = seededRandom(options.seed ?? 1)
  let timeMs = 0
  let orders = 0
  let queries = 0
  let dials = 0
  const clock = { now: () => timeMs, monotonicMs: () => timeMs, after: () => ({ cancel: () => {} }), soon: () => {} }

  const later = (delayMs: number, run: () => void): void => {
    const at = timeMs + delayMs
    let place = queue.length
    while (place > 0 && (queue[place - 1]?.at ?? 0) > at) place--
    queue.splice(place, 0, { at, order: orders++, run })
  }
  const node = (index: number): Node => {
    const found = nodes[index]
    if (found === undefined) throw new Error(`no node ${index}`)
    return found
  }
  const transmit = (from: Node, to: Node, message: AppMessage): void => {
    if (!from.links.has(to.index)) {
      later(0, () => from.engine.undelivered(to.ref, message))
      return
    }
    if (message.type === 'query') queries++
    options.watch?.('sent', from.index, to.index, message)
    later(1, () => {
      if (to.dead || !to.links.has(from.index)) return
      options.watch?.('arrived', from.index, to.index, message)
      const rogue = options.rogue?.(to.index)
      if (rogue) rogue(from.index, message, (said) => transmit(to, from, said))
      else if (isEngineMessage(message)) to.engine.message(from.ref, message)
    })
  }
  /** `a` dials `b`; both prove themselves where they listen. */
  const connect = (a: Node, b: Node): void => {
    dials++
    if (!a.links.has(b.index)) {
      a.links.add(b.index)
      b.links.add(a.index)
      a.route.online(b.ref, b.record)
      b.route.online(a.ref, a.record)
    }
    a.route.reachable?.(b.id, b.record)
    b.route.reachable?.(a.id, a.record)
  }
  const disconnect = (a: Node, b: Node): void => {
    for (const [x, y] of [
      [a, b],
      [b, a],
    ] as const) {
      if (!x.links.delete(y.index)) continue
      x.route.offline(y.ref)
      x.engine.offline(y.ref)
    }
  }

  for (const [index, person] of who.entries()) {
    const one = someone(person, options.addressOf?.(index))
    const own = seededRandom((options.seed ?? 1) * 1000 + index)
    const route = createKademlia(options.kademlia ?? {})({ self: one.id, clock, random: own })
    const runs = new Map<number, SearchRun>()
    const store = new Set<string>()
    let wakes = 0
    const run = (ask: number): SearchRun => {
      const known = runs.get(ask)
      if (known) return known
      const made: SearchRun = { answers: [], outcome: undefined }
      runs.set(ask, made)
      return made
    }
    const engine: Engine = createEngine(
      {
        app: 'test',
        self: { id: one.id, anonymous: false, record: one.record },
        rules: options.rules ?? simpleRules(),
        limits: options.limits,
        verifyRecord: signerOf,
      },
      {
        lookup: (question) => (store.has(hex(question)) ? [answerOf(question)] : []),
        verify: (question, answer) => hex(answer) === hex(answerOf(question)),
        accepts: (question) => question.length === 32,
        keyOf: (question) => question.slice(),
      },
      {
        send(to, message) {
          const target = byId.get(to.id)
          if (target) transmit(me, target, message)
        },
        sendDirect: () => {},
        route({ ticket, key, count, exclude, nearer, contacts }) {
          later(0, () => {
            const request = { count, exclude: new Set(exclude), nearer }
            if (contacts === undefined || key === undefined) {
              engine.routed(ticket, route.next({ ...request, key }))
              return
            }
            const proven = contacts === 'name'
            const found = route.nearest?.({ ...request, key, proven }) ?? []
            engine.routed(
              ticket,
              proven ? [] : found.flatMap(({ peer }) => peer ?? []),
              found.flatMap(({ record }) => record ?? [])
            )
          })
        },
        reach(ticket, record) {
          const signer = signerOf(record)
          const target = signer && byId.get(signer)
          later(3, () => {
            if (target && !target.dead) {
              connect(me, target)
              engine.reached(ticket, target.ref)
            } else {
              const dialled = decodePeerRecord(record)
              if (signer && dialled.ok) route.unreachable?.(signer, dialled.value.addresses)
              engine.reached(ticket, undefined)
            }
          })
        },
        silent: (peer) => route.silent?.(peer.id),
        answer: (ask, answer) => void run(ask).answers.push(answer),
        done(ask, outcome) {
          if (run(ask).outcome) throw new Error('done twice')
          run(ask).outcome = outcome
        },
        wake(delayMs) {
          const mine = ++wakes
          later(delayMs, () => mine === wakes && engine.tick())
        },
      },
      { clock, random: own, log: silent }
    )
    const me: Node = { ...one, index, ref: peerRef(one.id), engine, route, links: new Set(), store, runs, dead: false }
    nodes.push(me)
    byId.set(one.id, me)
  }

  const run = (untilMs = Infinity): void => {
    for (let steps = 0; queue.length > 0 && (queue[0]?.at ?? 0) <= untilMs; steps++) {
      if (steps > 2_000_000) throw new Error('the network never rests')
      const next = queue.shift()
      if (!next) return
      timeMs = next.at
      next.run()
    }
    if (untilMs < Infinity) timeMs = untilMs
  }
  const ask = (index: number, key: Uint8Array, how: Partial<Ask> = {}): SearchRun => {
    const { engine, runs } = node(index)
    const id = engine.ask({ mode: 'iterative', ...how, body: key })
    const known = runs.get(id) ?? { answers: [], outcome: undefined }
    runs.set(id, known)
    return known
  }
  return {
    nodes,
    node,
    random,
    ask,
    run,
    connect: (a: number, b: number): void => connect(node(a), node(b)),
    disconnect: (a: number, b: number): void => disconnect(node(a), node(b)),
    /** Every node joins through one that is there already, chosen by chance, and looks for itself; then connections that are left idle are ended. */
    joinAll(): void {
      for (let index = 1; index < nodes.length; index++) {
        connect(node(index), node(random.below(index)))
        ask(index, node(index).key, { results: 64 })
        run()
      }
    },
    endAll(): void {
      for (const one of nodes) for (const other of one.links) disconnect(one, node(other))
    },
    kill(index: number): void {
      const dead = node(index)
      dead.dead = true
      for (const other of dead.links) disconnect(dead, node(other))
    },
    /** The nodes nearest to a key, by a full search, without `index` itself and without the dead. */
    nearest: (index: number, key: Uint8Array, count: number): readonly PeerId[] =>
      nodes
        .filter((one) => one.index !== index && !one.dead)
        .toSorted((a, b) => compareDistance(key, a.key, b.key))
        .slice(0, count)
        .map(({ id }) => id),
    queries: (): number => queries,
    dials: (): number => dials,
    time: (): number => timeMs,
  }
}
