/**
 * Nodes that run the files app, joined by links, over real temporary folders: no sockets, a virtual clock. `connect` links two nodes, as the main
 * loop would. Messages arrive as views that are scribbled over after they were handled.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import type { TestContext } from 'node:test'
import type { AppCaller, AppCommand, AppEvent } from '../../../src/apps/app.ts'
import { createFilesApi, type FilesApi } from '../../../src/apps/files/files.ts'
import { createFilesGlobal, type FilesOwn } from '../../../src/apps/files/global.ts'
import type { FilesCall, FilesOptions, FilesReply } from '../../../src/apps/files/protocol.ts'
import { createAttachments, type Attachments } from '../../../src/attachments/attachments.ts'
import type { Promises } from '../../../src/attachments/promises.ts'
import { MyDhtError } from '../../../src/errors.ts'
import { createIdentity } from '../../../src/identity/keys.ts'
import { createPeerRecord, decodePeerRecord, encodePeerRecord } from '../../../src/identity/peer-record.ts'
import { peerRef, type PeerRef } from '../../../src/identity/peer-ref.ts'
import { silent } from '../../../src/log.ts'
import { seededRandom } from '../../../src/random.ts'
import { virtualClock, type VirtualClock } from '../../../src/testing/virtual-clock.ts'
import type { AppMessage } from '../../../src/wire/messages.ts'

type Command = AppCommand<FilesCall, FilesOwn>

export interface FilesNode {
  readonly api: FilesApi
  readonly peer: PeerRef
  readonly record: Uint8Array
  readonly folder: string
  readonly misbehaved: string[]
  /** Who made it connect to another, in order. */
  readonly causes: (string | undefined)[]
  tell(command: Command): void
}

export interface FilesNet {
  readonly clock: VirtualClock
  readonly nodes: readonly FilesNode[]
  node(index: number): FilesNode
  cut(a: number, b: number): void
  /** Stops a node as a crash would: nothing it says or gets counts any more. */
  kill(index: number): void
  linked(a: number, b: number): boolean
}

export interface FilesNetOptions {
  readonly optionsOf?: (index: number, folder: string) => FilesOptions
  /** Changes, or (undefined) loses, a message on its way. */
  readonly tamper?: (from: number, to: number, message: AppMessage, net: FilesNet) => AppMessage | undefined
}

/** Attachments that send nothing anywhere. */
export function attachmentsOver(promises: Promises): Attachments {
  return createAttachments({
    app: 'files',
    clock: virtualClock(),
    log: silent,
    promises,
    send: () => true,
    wake: () => {},
    misbehaved: () => {},
    maxOutgoing: 1,
    maxOutgoingPerPeer: 1,
    idleMs: 1000,
  })
}

/** A fresh folder that is removed when the test ends. */
export async function temporary(t: TestContext): Promise<string> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'mydht-files-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** `links[i]`: the nodes that node i is connected with at the start, both ways. */
export async function filesNet(
  t: TestContext,
  links: readonly (readonly number[])[],
  options: FilesNetOptions = {}
): Promise<FilesNet> {
  const clock = virtualClock()
  const joined = links.map(() => new Set<number>())
  const dead = new Set<number>()
  const queue: (() => void)[] = []
  let draining = false
  const later = (run: () => void): void => {
    queue.push(run)
    if (draining) return
    draining = true
    queueMicrotask(() => {
      for (let next = queue.shift(); next; next = queue.shift()) next()
      draining = false
    })
  }
  const receivers: ((from: number, message: AppMessage) => void)[] = []
  const nodes: FilesNode[] = []

  const make = (index: number, folder: string): FilesNode => {
    const identity = createIdentity(seededRandom(500 + index).bytes(32), 'test')
    const peer = peerRef(identity.id)
    const facts = {
      sequence: 1,
      expiresAtMs: clock.now() + 86_400_000,
      addresses: [`memory://n${index}`],
      clientOnly: false,
    }
    const record = encodePeerRecord(createPeerRecord(identity, facts))
    const misbehaved: string[] = []
    const causes: (string | undefined)[] = []
    const calls = new Map<number, (event: Extract<AppEvent<FilesReply>, { readonly id: number }>) => void>()
    let lastCall = 0

    const tell = (command: Command): void => later(() => dead.has(index) || void service.handle(command, heard))
    const service = createFilesGlobal(
      {
        name: 'files',
        self: identity.id,
        network: 'test',
        mode: 'public',
        options: options.optionsOf?.(index, folder) ?? { into: path.join(folder, 'into') },
      },
      { clock, random: seededRandom(index), log: silent, self: (command) => (tell(command), true) }
    )
    t.after(() => service.close?.())

    function heard(event: AppEvent<FilesReply>): boolean {
      switch (event.type) {
        case 'send': {
          const target = nodes.findIndex((node) => node.peer.id === event.to.id)
          const changed = options.tamper ? options.tamper(index, target, event.message, net) : event.message
          if (!joined[index]?.has(target))
            tell({ type: 'undelivered', to: event.to, message: event.message, reason: 'offline' })
          else if (changed) later(() => joined[index]?.has(target) && receivers[target]?.(index, changed))
          break
        }
        case 'route': {
          const peers = [...(joined[index] ?? [])]
            .flatMap((at) => nodes[at]?.peer ?? [])
            .filter(({ id }) => !event.exclude.includes(id))
          tell({ type: 'routed', ticket: event.ticket, peers: peers.slice(0, event.count) })
          break
        }
        case 'connect': {
          causes.push(event.cause?.id)
          const decoded = decodePeerRecord(event.record)
          const target = decoded.ok ? nodes.findIndex((node) => node.peer.id === decoded.value.id) : -1
          const alive = target >= 0 && !dead.has(target)
          if (alive) join(index, target)
          tell({
            type: 'connected',
            ticket: event.ticket,
            peer: alive ? nodes[target]?.peer : undefined,
            code: alive ? undefined : 'MYDHT_CONNECT_FAILED',
          })
          break
        }
        case 'reply':
        case 'end':
        case 'fail':
          calls.get(event.id)?.(event)
          break
        case 'wake':
          clock.after(event.delayMs, () => tell({ type: 'wake' }))
          break
        case 'misbehaved':
          misbehaved.push(event.code)
          break
        case 'reach':
          tell({ type: 'reached', ticket: event.ticket, peer: undefined })
          break
        case 'sign': {
          const signature = identity.sign(`mydht/1 app files ${event.context}`, ...event.fields)
          tell({ type: 'signed', ticket: event.ticket, signature })
          break
        }
        case 'send-direct':
        case 'silent':
        case 'learnt':
      }
      return true
    }

    const stream: AppCaller<FilesCall, FilesReply>['stream'] = async function* (call, callOptions = {}) {
      const id = ++lastCall
      const replies: Extract<AppEvent<FilesReply>, { readonly id: number }>[] = []
      let wakeUp = (): void => {}
      calls.set(id, (event) => {
        replies.push(event)
        wakeUp()
      })
      callOptions.signal?.addEventListener('abort', () => wakeUp())
      tell({ type: 'call', id, call })
      let ended = false
      try {
        for (;;) {
          callOptions.signal?.throwIfAborted()
          const event = replies.shift()
          if (!event) await new Promise<void>((resolve) => (wakeUp = resolve))
          else if (event.type === 'fail') {
            ended = true
            throw new MyDhtError(event.code, event.message)
          } else if (event.type === 'end') {
            ended = true
            return
          } else {
            ended = event.last
            yield event.value
            if (ended) return
          }
        }
      } finally {
        calls.delete(id)
        if (!ended) tell({ type: 'cancel', id })
      }
    }
    const caller: AppCaller<FilesCall, FilesReply> = {
      stream,
      async call(call, callOptions) {
        for await (const reply of stream(call, callOptions)) return reply
        throw new MyDhtError('MYDHT_NO_REPLY', 'ended without a reply')
      },
    }
    receivers[index] = (from, message) => {
      const view = structuredClone(message)
      const sender = nodes[from]?.peer
      if (!sender || dead.has(index)) return
      void service.handle({ type: 'message', from: sender, message: view }, heard)
      if ('body' in view) view.body.fill(0xee)
      if ('bytes' in view && view.bytes instanceof Uint8Array) view.bytes.fill(0xee)
    }
    return { api: createFilesApi(caller), peer, record, folder, misbehaved, causes, tell }
  }

  const join = (a: number, b: number): void => {
    if (joined[a]?.has(b) || a === b) return
    for (const [me, other] of [
      [a, b],
      [b, a],
    ] as const) {
      joined[me]?.add(other)
      const node = nodes[other]
      if (node) nodes[me]?.tell({ type: 'online', peer: node.peer, record: node.record, apps: ['files'], host: '' })
    }
  }
  const cut = (a: number, b: number): void => {
    for (const [me, other] of [
      [a, b],
      [b, a],
    ] as const) {
      if (!joined[me]?.delete(other)) continue
      const node = nodes[other]
      if (node) nodes[me]?.tell({ type: 'offline', peer: node.peer })
    }
  }
  const net: FilesNet = {
    clock,
    nodes,
    cut,
    linked: (a, b) => joined[a]?.has(b) === true,
    node(index) {
      const node = nodes[index]
      if (!node) throw new TypeError(`no node ${index}`)
      return node
    },
    kill(index) {
      dead.add(index)
      for (const other of joined[index] ?? []) cut(index, other)
    },
  }
  for (const index of links.keys()) nodes.push(make(index, await temporary(t)))
  for (const node of nodes) node.tell({ type: 'self', record: node.record })
  for (const [a, ends] of links.entries()) for (const b of ends) join(a, b)
  return net
}

/** All that an iterable gives. */
export async function all<T>(values: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = []
  for await (const value of values) list.push(value)
  return list
}
