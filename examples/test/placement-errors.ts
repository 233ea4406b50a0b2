/**
 * @module test/placement-errors
 * Placements that must not compile. Never run: the build checks that each `@ts-expect-error` stands over an error, and placement-errors.test.ts that the
 * compiler's words are those of the comment.
 */
import { createNode, part, type PeerRef, type Placement } from 'mydht'
import { appCrossing, localCrossing, type AppCommand, type AppEvent, type AppInit } from 'mydht/apps'
import type { LocalCommand, LocalEvent, LocalInit } from 'mydht/apps'
import { kv } from 'mydht/apps/kv'
import { touch } from 'mydht/apps/touch'
import { coroutine, define, inline, restart, type Service, type Spawner } from 'mydht/service'
import { pool } from 'mydht/service/pool'
import { process } from 'mydht/service/process'
import { thread } from 'mydht/service/thread'
import { fifo } from 'mydht/transports/fifo'
import { memory } from 'mydht/transports/memory'

const transport = memory()
const blocking = fifo({ directory: '/nowhere' })

// An app whose calls are of type `Call`: its definition crosses, and the compiler judges what it would carry.
const nothing = { handle: () => {} }
const appOf = <Call, Reply = null>() => ({
  options: {},
  global: define({
    name: 'sample',
    module: import.meta.url,
    crossing: appCrossing<object, Call, Reply>(),
    create: (_init: AppInit<object>): Service<AppCommand<Call>, AppEvent<Reply>> => nothing,
  }),
  local: define({
    name: 'sample-local',
    module: import.meta.url,
    sync: true,
    crossing: localCrossing<object, never, Reply>(),
    create: (_init: LocalInit<object>): Service<LocalCommand, LocalEvent<never, Reply>> => nothing,
  }),
  api: () => null,
})
const app = appOf<{ readonly type: 'ask'; readonly key: Uint8Array; readonly more: ReadonlyMap<string, bigint> }>()
const elsewhere = thread()

export const needs = (): unknown => [
  createNode({
    transport,
    apps: { app, kv: kv(), touch: touch() },
    placement: {
      'touch.global': thread(),
      'touch.local': inline(),
      // @ts-expect-error -- service 'kv.global': its definition lacks 'restartable'
      'kv.global': restart(),
      // @ts-expect-error -- service 'app.global': its definition lacks 'sync'
      'app.global': inline(),
      // @ts-expect-error -- service 'app.local': its definition lacks 'restartable'
      'app.local': restart(),
      // @ts-expect-error -- service 'auth': its definition lacks 'restartable'
      auth: restart(),
      api: restart(),
      read: coroutine(),
    },
  }),
]

export const names = (): unknown => [
  createNode({
    transport,
    apps: { kv: kv() },
    placement: {
      'kv.global': coroutine(),
      // @ts-expect-error -- service 'kv.globl': this node has no such service
      'kv.globl': coroutine(),
      // @ts-expect-error -- service 'kv.local': this node has no such service
      'kv.local': coroutine(),
      // @ts-expect-error -- service 'touch.global': this node has no such service
      'touch.global': coroutine(),
    },
  }),
]

export const references = (): unknown => [
  createNode({
    transport,
    apps: { app },
    peerRef: 'local',
    placement: {
      // @ts-expect-error -- service 'app.global': command 'message'.from is a local PeerRef: use channel: 'converting', or peerRef 'shared' or 'copied'
      'app.global': thread(),
      // @ts-expect-error -- service 'app.local': init.remote is a local PeerRef: use channel: 'converting', or peerRef 'shared' or 'copied'
      'app.local': pool(2),
      // No peer is named to these.
      api: coroutine(),
      read: inline(),
    },
  }),
  createNode({
    transport,
    apps: { app },
    peerRef: 'local',
    // @ts-expect-error -- service 'app.global': command 'message'.from is a local PeerRef: use channel: 'converting', or peerRef 'copied'
    placement: { 'app.global': process(), 'app.local': thread({ channel: 'converting' }) },
  }),
  createNode({
    transport,
    apps: { app },
    peerRef: 'shared',
    placement: {
      // @ts-expect-error -- service 'app.global': command 'message'.from is a shared PeerRef, which stays in its process: use thread() or pool(), or peerRef 'copied'
      'app.global': process(),
      // @ts-expect-error -- service 'app.local': init.remote is a shared PeerRef, which stays in its process: use thread() or pool(), or peerRef 'copied'
      'app.local': process({ channel: 'converting' }),
    },
  }),
  createNode({
    transport,
    apps: { app },
    peerRef: 'shared',
    placement: { 'app.global': thread(), 'app.local': pool(2) },
  }),
  createNode({ transport, apps: { app }, placement: { 'app.global': process(), 'app.local': thread() } }),
]

const validate = part(import.meta.url, 'validate', {})
const refuse = (): boolean => false

export const functions = (): unknown => [
  createNode({
    transport,
    apps: { kv: kv({ open: true, validate: refuse }), app: { ...app, options: { deep: [{ on: refuse }] } } },
    placement: {
      // @ts-expect-error -- service 'kv.global': options.validate is a function: give part(import.meta.url, 'name', options)
      'kv.global': elsewhere,
      // @ts-expect-error -- service 'app.global': options.deep[].on is a function: give part(import.meta.url, 'name', options)
      'app.global': elsewhere,
      'app.local': coroutine(),
    },
  }),
  createNode({
    transport,
    apps: { kv: kv({ validate: refuse }), touch: touch() },
    placement: {
      // @ts-expect-error -- service 'main': apps.kv.options.validate is a function: give part(import.meta.url, 'name', options)
      main: elsewhere,
      'touch.global': coroutine(),
    },
  }),
  createNode({
    transport,
    apps: {
      kv: kv({ open: true, validate: part(import.meta.url, 'validate', {}) }),
      app: { ...app, options: { validate } },
    },
    placement: { main: elsewhere, 'kv.global': elsewhere, 'app.global': elsewhere },
  }),
]

interface Odd {
  readonly type: 'odd'
}
const done = appOf<Odd & { readonly done: () => void }>()
const vague = appOf<Odd & { readonly value: ReturnType<typeof JSON.parse> }>()
const marked = appOf<Odd & { readonly at: ReadonlyMap<string, readonly { readonly mark: symbol }[]> }>()
const dated = appOf<{ readonly since: Date }>()
const instances = appOf<Odd, { readonly made: typeof Map }>()
const named = appOf<{ readonly type: 'tell'; readonly peers: ReadonlySet<PeerRef> }>()
const sets = appOf<Odd, { readonly all: ReadonlySet<symbol> }>()
interface Tree {
  readonly type: 'tree'
  readonly up: Tree | undefined
  readonly left: Tree
  readonly right: Tree
  readonly kids: readonly Tree[]
  readonly byName: Readonly<Record<string, Tree>>
}
const tree = appOf<Tree>()
const unknowns = appOf<Odd & { readonly carried: unknown }>()
const wild = appOf<{ readonly [name: string]: () => void }>()

export const messages = (): unknown => [
  createNode({
    transport,
    apps: { done, vague, marked, dated, instances, sets, named, tree, unknowns, wild },
    placement: {
      // @ts-expect-error -- service 'done.global': command 'call'.call 'odd'.done is a function, which does not cross: say it as data, or place the service on this thread
      'done.global': elsewhere,
      // @ts-expect-error -- service 'vague.global': command 'call'.call 'odd'.value is any: give it a type
      'vague.global': elsewhere,
      // @ts-expect-error -- service 'marked.global': command 'call'.call 'odd'.at[][].mark is a symbol: give text or a number
      'marked.global': elsewhere,
      // @ts-expect-error -- service 'dated.global': command 'call'.call.since.valueOf is a function, which does not cross: say it as data, or place the service on this thread
      'dated.global': elsewhere,
      // @ts-expect-error -- service 'instances.global': event 'reply'.value.made is a function, which does not cross: say it as data, or place the service on this thread
      'instances.global': elsewhere,
      // @ts-expect-error -- service 'sets.global': event 'reply'.value.all[] is a symbol: give text or a number
      'sets.global': elsewhere,
      // @ts-expect-error -- service 'wild.global': command 'call'.call.* is a function, which does not cross: say it as data, or place the service on this thread
      'wild.global': elsewhere,
      'named.global': elsewhere,
      'tree.global': elsewhere,
      'unknowns.global': elsewhere,
    },
  }),
  createNode({
    transport,
    apps: { named },
    peerRef: 'local',
    placement: {
      // @ts-expect-error -- service 'named.global': command 'message'.from is a local PeerRef: use channel: 'converting', or peerRef 'shared' or 'copied'
      'named.global': elsewhere,
    },
  }),
]

export const blockers = (): unknown => [
  createNode({
    transport: blocking,
    placement: {
      // @ts-expect-error -- service 'read': with this transport it blocks its thread: give it one of its own, thread()
      read: coroutine(),
      // @ts-expect-error -- service 'write': with this transport it blocks its thread: give it one of its own, thread()
      write: pool(2),
      // @ts-expect-error -- service 'listen': with this transport it blocks its thread: give it one of its own, thread()
      listen: process(),
      dial: thread(),
    },
  }),
  createNode({
    transport,
    placement: {
      // @ts-expect-error -- service 'listen': only a blocking transport has it
      listen: thread(),
      // @ts-expect-error -- service 'dial': only a blocking transport has it
      dial: thread(),
    },
  }),
]

declare const anywhere: Spawner
declare const table: Readonly<Record<string, Spawner>>
declare const annotated: Placement<{ readonly app: typeof app }>
declare const own: Spawner<'sync'>
declare const eitherKind: 'local' | 'copied'
declare const either: boolean

export const knownOnlyInPart = (): unknown => [
  createNode({ transport, apps: { app }, placement: { 'app.global': anywhere } }),
  createNode({ transport, apps: { app }, placement: table }),
  createNode({ transport, apps: { app }, placement: annotated }),
  createNode({
    transport,
    apps: { app },
    peerRef: eitherKind,
    placement: {
      // @ts-expect-error -- service 'app.global': its definition lacks 'sync'
      'app.global': own,
      // @ts-expect-error -- service 'app.local': init.remote is a local PeerRef: use channel: 'converting', or peerRef 'shared' or 'copied'
      'app.local': either ? thread() : inline(),
    },
  }),
]
