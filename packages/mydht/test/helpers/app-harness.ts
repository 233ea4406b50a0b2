/**
 * @module test/helpers/app-harness
 * Several instances of one app's global service, joined by adjacency lists: no node, no sockets, a virtual clock. Messages come as views that are
 * scribbled over after they were handled, as a read buffer would be.
 */
import type { NodeMode } from '../../src/identity/mode.ts'
import type {
  AppCaller,
  AppCommand,
  AppEvent,
  AppInit,
  ApiFacts,
  LocalCommand,
  LocalEvent,
  LocalInit,
} from '../../src/apps/app.ts'
import { createIdentity, type Identity } from '../../src/identity/keys.ts'
import { createPeerRecord, decodePeerRecord, encodePeerRecord } from '../../src/identity/peer-record.ts'
import { peerRef, type PeerRef } from '../../src/identity/peer-ref.ts'
import { silent } from '../../src/log.ts'
import { seededRandom } from '../../src/random.ts'
import type { Service, ServiceParts } from '../../src/service/service.ts'
import { virtualClock, type VirtualClock } from '../../src/testing/virtual-clock.ts'
import type { AppMessage } from '../../src/wire/messages.ts'
import { createTestCaller } from './app-caller.ts'

/** An app, as far as the harness needs it. */
export interface TestApp<Options, Call, Reply, Api, Own, MoreCommand = never, MoreEvent = never> {
  readonly options: Options
  readonly global: {
    create(
      init: AppInit<Options>,
      parts: ServiceParts<AppCommand<Call, Own> | MoreCommand>
    ): Service<AppCommand<Call, Own> | MoreCommand, AppEvent<Reply> | MoreEvent>
  }
  readonly local?:
    | {
        create(
          init: LocalInit<Options>,
          parts: ServiceParts<LocalCommand>
        ): Service<LocalCommand, LocalEvent<Own, Reply>>
      }
    | undefined
  readonly api: (caller: AppCaller<Call, Reply>, facts: ApiFacts) => Api
}

/** One node of the net. */
export interface TestNode<Call, Reply, Api, Own, MoreCommand, MoreEvent> {
  readonly identity: Identity
  readonly peer: PeerRef
  readonly record: Uint8Array
  readonly api: Api
  readonly caller: AppCaller<Call, Reply>
  /** Everything it said, in order. */
  readonly said: (AppEvent<Reply> | MoreEvent)[]
  /** Hands it a command, as the main loop would. */
  tell(command: AppCommand<Call, Own> | MoreCommand): void
  /** Ends the service: it hears nothing any more. */
  stop(): Promise<void>
  /** Makes the service anew, as a node that starts again does: it knows nothing but what its parts kept. */
  start(): void
}

/** How the net is made. */
export interface NetOptions<Options> {
  /** Options of each node; the app's own where this gives undefined. */
  readonly optionsOf?: ((index: number) => Options | undefined) | undefined
  readonly mode?: NodeMode | undefined
  readonly network?: ((index: number) => string) | undefined
  /** Changes, or (undefined) loses, a message on its way. */
  readonly tamper?: ((from: number, to: number, message: AppMessage) => AppMessage | undefined) | undefined
  /** Whether a connected peer was dialled at an address of its own. @default all */
  readonly reachable?: ((by: number, peer: number) => boolean) | undefined
  readonly clientOnly?: ((index: number) => boolean) | undefined
  /** The host that a node's connections come from. @default '' (not known) */
  readonly host?: ((index: number) => string) | undefined
  readonly name?: string | undefined
}

/** Makes `links.length` nodes; `links[i]` are the nodes (from 0) that node i is connected with, both ways. */
export function appNet<Options, Call, Reply, Api, Own = never, MoreCommand = never, MoreEvent = never>(
  app: TestApp<Options, Call, Reply, Api, Own, MoreCommand, MoreEvent>,
  links: readonly (readonly number[])[],
  net: NetOptions<Options> = {}
): {
  readonly clock: VirtualClock
  readonly nodes: readonly TestNode<Call, Reply, Api, Own, MoreCommand, MoreEvent>[]
  node(index: number): TestNode<Call, Reply, Api, Own, MoreCommand, MoreEvent>
  /** Cuts a link: both ends hear `offline`. */
  cut(a: number, b: number): void
  /** Links two nodes: both ends hear `online`. */
  join(a: number, b: number): void
  /** Stops the service of a node and starts it again: it hears of itself and of its links. */
  restart(index: number): Promise<void>
  /** Runs what is queued. */
  settle(): Promise<void>
} {
  type Command = AppCommand<Call, Own> | MoreCommand
  type Node = TestNode<Call, Reply, Api, Own, MoreCommand, MoreEvent>
  const clock = virtualClock()
  const name = net.name ?? 'app'
  const queue: (() => void)[] = []
  const joined = links.map(() => new Set<number>())
  let draining = false
  const receivers: ((from: number, message: AppMessage) => void)[] = []

  const later = (run: () => void): void => {
    queue.push(run)
    if (draining) return
    draining = true
    queueMicrotask(() => {
      for (let next = queue.shift(); next; next = queue.shift()) next()
      draining = false
    })
  }

  const nodes: Node[] = links.map((_, index) => {
    const network = net.network?.(index) ?? 'test'
    const identity = createIdentity(seededRandom(1000 + index).bytes(32), network)
    const peer = peerRef(identity.id)
    const record = encodePeerRecord(
      createPeerRecord(identity, {
        sequence: clock.now(),
        expiresAtMs: clock.now() + 86_400_000,
        addresses: [`memory://node-${index}`],
        clientOnly: net.clientOnly?.(index) ?? false,
      })
    )
    const options = net.optionsOf?.(index) ?? app.options
    const init: AppInit<Options> = { name, self: identity.id, network, mode: net.mode ?? 'public', options }
    const tell = (command: Command): void =>
      later(() => void (isStopped || service.handle(command, (event) => heard(event))))
    const parts = { clock, random: seededRandom(index), log: silent }
    let starts = 0
    const create = (): Service<Command, AppEvent<Reply> | MoreEvent> => {
      const mine = ++starts
      return app.global.create(init, { ...parts, self: (command) => (mine === starts && tell(command), true) })
    }
    let service = create()
    let isStopped = false
    const locals = new Map<string, Service<LocalCommand, LocalEvent<Own, Reply>>>()
    const calls = createTestCaller<Call, Reply>(
      clock,
      (id, call) => tell({ type: 'call', id, call }),
      (id) => tell({ type: 'cancel', id })
    )
    const said: (AppEvent<Reply> | MoreEvent)[] = []
    let wake: { cancel(): void } | undefined

    const receive = (from: number, message: AppMessage): void => {
      const view = structuredClone(message)
      const peerOf = nodes[from]?.peer
      if (!peerOf) return
      if (app.local) {
        let local = locals.get(peerOf.id)
        if (!local) {
          local = app.local.create({ ...init, remote: peerOf }, { ...parts, self: () => true })
          locals.set(peerOf.id, local)
        }
        void local.handle({ type: 'message', message: view }, (event) => {
          if (event.type === 'global') void service.handle({ type: 'own', from: peerOf, command: event.command }, heard)
          else heard(event)
          return true
        })
      } else void service.handle({ type: 'message', from: peerOf, message: view }, heard)
      scribble(view)
    }
    const deliver = (to: PeerRef, message: AppMessage): void => {
      const target = nodes.findIndex((node) => node.peer.id === to.id)
      if (!joined[index]?.has(target)) return tell({ type: 'undelivered', to, message, reason: 'offline' })
      const changed = net.tamper ? net.tamper(index, target, message) : message
      if (changed) later(() => receivers[target]?.(index, changed))
    }

    function heard(event: AppEvent<Reply> | MoreEvent): boolean {
      said.push(event)
      if (!isAppEvent<Reply, MoreEvent>(event)) return true
      switch (event.type) {
        case 'send':
          deliver(event.to, event.message)
          break
        case 'send-direct': {
          const decoded = decodePeerRecord(event.record)
          const target = decoded.ok ? nodes.findIndex((node) => node.peer.id === decoded.value.id) : -1
          later(() => receivers[target]?.(index, event.message))
          break
        }
        case 'route': {
          const peers = [...(joined[index] ?? [])]
            .flatMap((at) => nodes[at]?.peer ?? [])
            .filter((one) => !event.exclude.includes(one.id))
          tell({ type: 'routed', ticket: event.ticket, peers: peers.slice(0, event.count) })
          break
        }
        case 'sign':
          tell({
            type: 'signed',
            ticket: event.ticket,
            signature: identity.sign(`mydht/1 app ${name} ${event.context}`, ...event.fields),
          })
          break
        case 'wake':
          wake?.cancel()
          wake = clock.after(event.delayMs, () => tell({ type: 'wake' }))
          break
        case 'connect':
          tell({ type: 'connected', ticket: event.ticket, peer: undefined, code: 'MYDHT_CONNECT_FAILED' })
          break
        case 'reach':
          tell({ type: 'reached', ticket: event.ticket, peer: undefined })
          break
        case 'reply':
        case 'end':
        case 'fail':
          calls.heard(event)
          break
        case 'silent':
        case 'learnt':
        case 'misbehaved':
      }
      return true
    }
    receivers[index] = receive
    return {
      identity,
      peer,
      record,
      caller: calls.caller,
      api: app.api(calls.caller, { name, self: identity.id, network }),
      said,
      tell,
      async stop() {
        isStopped = true
        wake?.cancel()
        await service.close?.()
      },
      start() {
        service = create()
        isStopped = false
      },
    }
  })
  for (const [from, peers] of links.entries()) {
    for (const to of peers) {
      joined[from]?.add(to)
      joined[to]?.add(from)
    }
  }
  const apps = [name]
  const meet = (index: number, at: number): void => {
    const [node, other] = [nodes[index], nodes[at]]
    if (!node || !other) return
    node.tell({
      type: 'online',
      peer: other.peer,
      record: net.mode === 'anonymous' ? undefined : other.record,
      apps,
      host: net.host?.(at) ?? '',
    })
    if (net.mode !== 'anonymous' && (net.reachable?.(index, at) ?? true))
      node.tell({ type: 'reachable', peer: other.peer })
  }
  for (const [index, node] of nodes.entries()) {
    if (net.mode !== 'anonymous') node.tell({ type: 'self', record: node.record })
    for (const at of joined[index] ?? []) meet(index, at)
  }

  const nodeAt = (index: number): Node => {
    const node = nodes[index]
    if (!node) throw new TypeError(`no node ${index}`)
    return node
  }
  return {
    clock,
    nodes,
    node: nodeAt,
    cut(a, b) {
      joined[a]?.delete(b)
      joined[b]?.delete(a)
      nodeAt(a).tell({ type: 'offline', peer: nodeAt(b).peer })
      nodeAt(b).tell({ type: 'offline', peer: nodeAt(a).peer })
    },
    join(a, b) {
      joined[a]?.add(b)
      joined[b]?.add(a)
      meet(a, b)
      meet(b, a)
    },
    async restart(index) {
      const node = nodeAt(index)
      await node.stop()
      node.start()
      node.tell({ type: 'self', record: node.record })
      for (const at of joined[index] ?? []) meet(index, at)
      await clock.advance(0)
    },
    settle: () => clock.advance(0),
  }
}

function isAppEvent<Reply, More>(event: AppEvent<Reply> | More): event is AppEvent<Reply> {
  const type: unknown = typeof event === 'object' && event !== null && 'type' in event ? event.type : undefined
  return type !== 'candidates'
}

/** Overwrites every byte of a message that was handled: whoever kept a view finds garbage. */
function scribble(value: unknown): void {
  if (value instanceof Uint8Array) value.fill(0xee)
  else if (typeof value === 'object' && value !== null) for (const one of Object.values(value)) scribble(one)
}
