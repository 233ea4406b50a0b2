/**
 * A network of query engines in memory: one queue of events in virtual time, links as lists, no sockets. Each message takes `latencyMs`.
 * Messages pass as they are; bodies are overwritten after they were handled, as a read buffer would be.
 */
import type { Ask, Answer, AskOutcome, Engine, EngineApp, EngineLimits, Rules } from '../../src/queries/index.ts'
import { createEngine, isEngineMessage, simpleRules } from '../../src/queries/index.ts'
import type { PeerId } from '../../src/identity/peer-id.ts'
import { peerIdFromBytes } from '../../src/identity/peer-id.ts'
import type { PeerRef } from '../../src/identity/peer-ref.ts'
import { peerRef } from '../../src/identity/peer-ref.ts'
import { silent } from '../../src/log.ts'
import { seededRandom } from '../../src/random.ts'
import type { Route } from '../../src/routes/route.ts'
import { createFlood } from '../../src/routes/flood.ts'
import { isHistory } from '../../src/wire/checks.ts'
import type { AppMessage } from '../../src/wire/messages.ts'

export interface NetOptions {
  readonly rules?: Rules | ((node: number) => Rules)
  readonly limits?: Partial<EngineLimits>
  readonly seed?: number
  readonly latencyMs?: number | ((message: AppMessage) => number)
  readonly anonymous?: boolean
  /** Whether a node has a record; @default true */
  readonly record?: (node: number) => boolean
  readonly reachable?: (node: number, of: number) => boolean
  /** What becomes of a message on its way. @default deliver */
  readonly fate?: (
    from: number,
    to: number,
    message: AppMessage
  ) => 'deliver' | 'lose' | 'full' | 'offline' | 'too-long'
  /** Nodes whose route never answers. */
  readonly lost?: (node: number) => boolean
  /** Peers that are no engines: what they do with a message. */
  readonly liar?: (
    node: number
  ) => ((from: number, message: AppMessage, say: (to: number, message: AppMessage) => void) => void) | undefined
  readonly receive?: (node: number, value: string) => 'news' | 'known' | 'invalid'
  /** Peers that a node knows and may dial when discovery is on. */
  readonly known?: readonly (readonly number[])[]
  readonly app?: Partial<EngineApp>
}

export interface AskRun {
  readonly id: number
  readonly answers: (Answer & { readonly text: string })[]
  outcome: AskOutcome | undefined
  doneAtMs: number
}

export interface NetNode {
  readonly index: number
  readonly ref: PeerRef
  readonly engine: Engine
  readonly route: Route
  readonly links: Set<number>
  readonly store: Map<string, string[]>
  readonly asks: Map<number, AskRun>
}

export interface Sent {
  readonly from: number
  readonly to: number
  readonly direct: boolean
  readonly message: AppMessage
}

export type Net = ReturnType<typeof createNet>

const text = new TextDecoder()
export const bytes = (value: string): Uint8Array => new TextEncoder().encode(value)
export const record = (id: PeerId): Uint8Array => bytes(`record ${id}`)
export const idOf = (index: number): PeerId => peerIdFromBytes(new Uint8Array(32).fill(index + 1))

/** Links both ways, from 1-based lists as BEHAVIOUR.md writes them; gives 0-based pairs. */
export function linksOf(lists: readonly (readonly number[])[]): [number, number][] {
  return lists.flatMap((list, from) => list.map((to): [number, number] => [from, to - 1]))
}

export function createNet(count: number, links: readonly (readonly [number, number])[], options: NetOptions = {}) {
  const latencyMs = options.latencyMs ?? 1
  const queue: { at: number; run: () => void }[] = []
  const sent: Sent[] = []
  const nodes: NetNode[] = []
  const wakes: number[] = []
  const byId = new Map<PeerId, number>()
  /** Who called whom misbehaving. */
  const blamed: [by: number, peer: number][] = []
  let recordsChecked = 0
  let timeMs = 0

  const later = (delayMs: number, run: () => void): void => {
    const at = timeMs + delayMs
    let place = queue.length
    while (place > 0 && (queue[place - 1]?.at ?? 0) > at) place--
    queue.splice(place, 0, { at, run })
  }
  const node = (index: number): NetNode => {
    const found = nodes[index]
    if (found === undefined) throw new Error(`no node ${index}`)
    return found
  }
  const arrive = (from: number, to: number, message: AppMessage): void => {
    const liar = options.liar?.(to)
    if (liar) {
      liar(from, message, (target, said) => transmit(to, target, said, false))
      return
    }
    if (!isEngineMessage(message)) return
    const view = borrowed(message)
    node(to).engine.message(node(from).ref, view.message)
    view.wipe()
  }
  const transmit = (from: number, to: number, message: AppMessage, direct: boolean): void => {
    checkWire(message)
    const fate = options.fate?.(from, to, message) ?? 'deliver'
    if (fate === 'lose') {
      sent.push({ from, to, direct, message })
    } else if (fate === 'deliver' && (direct || node(from).links.has(to))) {
      sent.push({ from, to, direct, message })
      later(typeof latencyMs === 'number' ? latencyMs : latencyMs(message), () => {
        if (direct || node(from).links.has(to)) arrive(from, to, message)
      })
    } else if (!direct) {
      later(0, () => node(from).engine.undelivered(node(to).ref, message, fate === 'deliver' ? 'offline' : fate))
    }
  }
  const connect = (a: number, b: number): void => {
    for (const [x, y] of [
      [a, b],
      [b, a],
    ] as const) {
      if (node(x).links.has(y)) continue
      node(x).links.add(y)
      node(x).route.online(node(y).ref)
    }
  }
  const disconnect = (a: number, b: number): void => {
    for (const [x, y] of [
      [a, b],
      [b, a],
    ] as const) {
      if (!node(x).links.delete(y)) continue
      node(x).route.offline(node(y).ref)
      node(x).engine.offline(node(y).ref)
    }
  }

  for (let index = 0; index < count; index++) {
    const id = idOf(index)
    byId.set(id, index)
    const random = seededRandom((options.seed ?? 1) * 1000 + index)
    const clock = { now: () => timeMs, monotonicMs: () => timeMs, after: () => ({ cancel: () => {} }), soon: () => {} }
    const store = new Map<string, string[]>()
    const asks = new Map<number, AskRun>()
    const app: EngineApp = {
      lookup: (question, limit) =>
        (store.get(text.decode(question)) ?? [])
          .slice(0, limit)
          .map((value) => bytes(`${text.decode(question)}=${value}`)),
      verify: (question, answer) => text.decode(answer).startsWith(`${text.decode(question)}=`),
      accepts: (question) => !text.decode(question).startsWith('?'),
      keyOf: () => undefined,
      receive: (value) => options.receive?.(index, text.decode(value)) ?? 'invalid',
      reachable: (peer) => options.reachable?.(index, byId.get(peer.id) ?? -1) ?? true,
      ...options.app,
    }
    const run = (ask: number): AskRun => {
      let found = asks.get(ask)
      if (found === undefined) asks.set(ask, (found = { id: ask, answers: [], outcome: undefined, doneAtMs: 0 }))
      return found
    }
    const route = createFlood()({ self: id, clock, random })
    const engine = createEngine(
      {
        app: 'test',
        self: {
          id,
          anonymous: options.anonymous ?? false,
          record: (options.record?.(index) ?? true) ? record(id) : undefined,
        },
        rules: typeof options.rules === 'function' ? options.rules(index) : (options.rules ?? simpleRules()),
        limits: options.limits,
        verifyRecord: (given) => {
          recordsChecked++
          return [...byId.keys()].find((each) => text.decode(given) === `record ${each}`)
        },
      },
      app,
      {
        send: (to, message) => transmit(index, byId.get(to.id) ?? -1, message, false),
        sendDirect: (given, message) => {
          const target = [...byId].find(([each]) => text.decode(given) === `record ${each}`)
          if (target) transmit(index, target[1], message, true)
        },
        route: ({ ticket, key, count: wanted, exclude, discover }) => {
          if (options.lost?.(index)) return
          later(0, () => {
            const request = { key, count: wanted, exclude: new Set(exclude) }
            if (discover) for (const peer of options.known?.[index] ?? []) connect(index, peer)
            engine.routed(ticket, route.next(request))
          })
        },
        reach: (ticket) => later(0, () => engine.reached(ticket, undefined)),
        answer: (ask, answer) => {
          if (run(ask).outcome !== undefined) throw new Error('an answer after done')
          run(ask).answers.push({ ...answer, text: text.decode(answer.body) })
        },
        done: (ask, outcome) => {
          if (run(ask).outcome !== undefined) throw new Error('done twice')
          run(ask).outcome = outcome
          run(ask).doneAtMs = timeMs
        },
        misbehaved: (peer) => void blamed.push([index, byId.get(peer.id) ?? -1]),
        wake: (delayMs) => {
          const mine = (wakes[index] ?? 0) + 1
          wakes[index] = mine
          later(delayMs, () => wakes[index] === mine && engine.tick())
        },
      },
      { clock, random, log: silent }
    )
    nodes.push({ index, ref: peerRef(id), engine, route, links: new Set(), store, asks })
  }
  for (const [a, b] of links) connect(a, b)

  return {
    nodes,
    sent,
    blamed,
    recordsChecked: () => recordsChecked,
    node,
    connect,
    disconnect,
    later,
    /** As if `from` had sent it, whatever `from` is. */
    inject: (from: number, to: number, message: AppMessage): void => later(0, () => arrive(from, to, message)),
    put: (index: number, key: string, ...values: string[]): void => void node(index).store.set(key, values),
    ask: (index: number, key: string, ask: Omit<Ask, 'body'> = {}): AskRun => {
      const { engine, asks } = node(index)
      const id = engine.ask({ ...ask, body: bytes(key) })
      let run = asks.get(id)
      if (run === undefined) asks.set(id, (run = { id, answers: [], outcome: undefined, doneAtMs: 0 }))
      return run
    },
    /** Runs until nothing is left to happen, or until `untilMs`. */
    run: (untilMs = Infinity): void => {
      for (let steps = 0; queue.length > 0 && (queue[0]?.at ?? 0) <= untilMs; steps++) {
        if (steps > 1_000_000) throw new Error('the network never rests')
        const next = queue.shift()
        if (next === undefined) return
        timeMs = next.at
        next.run()
      }
      if (untilMs < Infinity) timeMs = untilMs
    },
    time: () => timeMs,
    queries: (): number => sent.filter((each) => each.message.type === 'query').length,
    pending: (): number => nodes.reduce((sum, each) => sum + each.engine.stats().pending, 0),
  }
}

/** What an encoding would refuse to write. */
function checkWire(message: AppMessage): void {
  const whole = (value: number, max: number, name: string): void => {
    if (!Number.isInteger(value) || value < 0 || value > max) throw new Error(`${message.type}.${name} is ${value}`)
  }
  if (message.type === 'query' || message.type === 'propagate') {
    whole(message.hops, 255, 'hops')
    whole(message.fanOut, 255, 'fanOut')
    whole(message.budget, 0xffff_ffff, 'budget')
    if (!isHistory(message.history)) throw new Error(`history ${JSON.stringify(message.history)}`)
  }
  if (message.type === 'query') {
    whole(message.travelled, 255, 'travelled')
    whole(message.results, 0xffff, 'results')
    whole(message.priority, 255, 'priority')
    whole(message.lifetimeMs, 0xffff_ffff, 'lifetimeMs')
  }
  if (message.type === 'answer') {
    whole(message.closed, 0xffff_ffff, 'closed')
    whole(message.unspent, 0xffff_ffff, 'unspent')
    whole(message.answers.length, 64, 'answers')
    for (const item of message.answers) whole(item.hops, 255, 'answer.hops')
  }
}

/** A message whose bytes are lent, and what overwrites them. */
function borrowed<M extends AppMessage>(message: M): { message: M; wipe: () => void } {
  const lent: Uint8Array[] = []
  const lend = (value: unknown): unknown => {
    if (value instanceof Uint8Array) {
      const copy = new Uint8Array(value)
      lent.push(copy)
      return copy
    }
    if (Array.isArray(value)) return value.map(lend)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, lend(inner)]))
  }
  return {
    message: lend(message) as M,
    wipe: () => {
      for (const each of lent) each.fill(0)
    },
  }
}
