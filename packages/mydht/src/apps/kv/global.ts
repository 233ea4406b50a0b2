/**
 * @module apps/kv/global
 * The one service of a node's kv app: its parts, what each is told, and which command goes to which. Not here: what they do.
 */
import type { ErrorCode } from '../../errors.ts'
import type { PeerId } from '../../identity/peer-id.ts'
import { publicBlock } from '../../peers/host-key.ts'
import type { Ask } from '../../queries/query.ts'
import type { Crossing, Service, ServiceDefinition, ServiceParts } from '../../service/service.ts'
import { memory } from '../../stores/memory.ts'
import type { AppCommand, AppEvent, AppInit } from '../app.ts'
import { openAppStore, type Settled } from '../app-store.ts'
import { appCrossing } from '../crossing.ts'
import { createProviders } from '../providers/providers.ts'
import { createQueryApp } from '../query-app.ts'
import { storeScope } from '../scope.ts'
import { createHolding } from './holding.ts'
import { createKeeper } from './keep.ts'
import { parseKey } from './key.ts'
import { createRecordRules } from './namespaces.ts'
import type { KvCall, KvOptions, KvReply } from './protocol.ts'
import { createKvProviding, withProviders } from './providing.ts'
import { createReads } from './reads.ts'
import { recallAll } from './recall.ts'
import { createRecordApp } from './record-app.ts'
import { signContext } from './records.ts'
import { createValidator } from './validate.ts'
import { createWriter } from './write.ts'

type Command = AppCommand<KvCall, Settled>
type Event = AppEvent<KvReply>

/** The definition of kv's global service. */
export const kvGlobal: ServiceDefinition<AppInit<KvOptions>, Command, Event> & {
  readonly sync: true
  readonly crossing: Crossing<AppInit<KvOptions>, Command, Event>
} = {
  name: 'kv',
  module: import.meta.url,
  sync: true,
  crossing: appCrossing(),
  create: createKvGlobal,
}

/** Makes the global service. Throws MYDHT_BAD_CONFIG for a store, `validate` or namespace part that is not loaded. */
export function createKvGlobal(init: AppInit<KvOptions>, parts: ServiceParts<Command>): Service<Command, Event> {
  const { options } = init
  const { clock, log } = parts
  const copies = options.replicas ?? 0
  const isOnDisk = options.acknowledged === 'disk'
  /** How reads ask that do not say. */
  const mode = copies > 0 ? ('iterative' as const) : undefined
  /** Of online peers: the public address block that they are in. */
  const blocks = new Map<PeerId, string>()
  const blockOf = (peer: PeerId): string | undefined => blocks.get(peer)
  const counts = { refused: 0, full: 0 }
  const count = (what: 'refused' | 'full'): void => void counts[what]++

  /** To calls of the API, not to what we do by ourselves. */
  const reply = (id: number, value: KvReply, last = true): void => {
    if (id >= 0) query.emit({ type: 'reply', id, value, last })
  }
  const fail = (id: number, code: ErrorCode, message: string): void => {
    if (id >= 0) query.emit({ type: 'fail', id, code, message })
  }
  const ask = (id: number, wanted: Ask): void => query.ask(id, { ...wanted, mode: wanted.mode ?? mode })

  const disk = openAppStore({
    part: options.store ?? memory(),
    clock,
    log,
    self: () => parts.self({ type: 'own', from: undefined, command: { type: 'settled' } }),
    opened: () => recallAll({ store: disk.store, alarm: query.alarm, keeper, providers, upkeep }),
    fail,
  })
  /** Runs `done` once a change counts as acknowledged. */
  const whenDurable = (id: number, done: () => void): void => (isOnDisk ? disk.whenDurable(id, done) : done())

  const rules = createRecordRules(options, log)
  const validator = createValidator({ app: init.name, network: init.network, clock, options, rules })
  const keeper = createKeeper(disk.store, clock, options.keepSpread, {
    compare: (a, b) => rules.compare(a, b),
    scope: storeScope(init.name, init.network),
    evicted(key) {
      const gone = parseKey(key)
      if (gone) upkeep?.forget(gone)
    },
  })

  const providers = createProviders({
    init,
    parts,
    options: options.providers,
    store: disk.store,
    alarm: () => query.alarm,
    emit: (event) => query.emit(event),
    propagate: (spread, sent) => query.propagate(spread, sent),
    place: copies === 0 ? undefined : placeProvider,
  })
  function placeProvider(name: string, provider: Uint8Array, held: (peers: number) => void): void {
    const key = parseKey(name)
    if (key === undefined) held(0)
    else holders.place({ key, copies, ifSequence: undefined, provider }, ({ acknowledged }) => held(acknowledged))
  }
  const providing = createKvProviding({
    providers,
    ask,
    fail,
    reply: (id, value, last) => (last ? whenDurable(id, () => reply(id, value)) : reply(id, value, false)),
  })

  const query = createQueryApp<KvCall, KvReply, Settled>({
    init,
    parts,
    app: withProviders(
      createRecordApp({
        keeper,
        validator,
        cachesPassing: options.cachePassing === true,
        blockOf,
        count,
      }),
      providers
    ),
    answer(call, answer) {
      if (!providing.answer(call, answer)) reads.answer(call, answer)
    },
    done(call, outcome) {
      if (!holders.searched(call, outcome) && !providing.done(call, outcome)) reads.done(call, outcome)
    },
  })

  const { holders, hold, upkeep } = createHolding({
    init,
    parts,
    keeper,
    validator,
    query: () => query,
    providers,
    writer: () => writer,
    blockOf,
    count,
    flush: isOnDisk ? (told) => disk.flushed((error) => told(error === undefined)) : undefined,
  })
  const reads = createReads({
    gets: {
      now: () => clock.now(),
      compare: rules.compare,
      copies,
      give: (peers, request) => holders.give(peers, request),
      refresh(valid) {
        if (keeper.held(valid.key)) keeper.renew(valid)
      },
    },
    validator,
    ask,
    reply,
    fail,
  })
  const writer = createWriter({
    self: init.self,
    clock,
    random: parts.random,
    options,
    keeper,
    validator,
    reply,
    whenDurable,
    fail,
    sign: (ticket, fields) => query.emit({ type: 'sign', ticket, context: signContext, fields }),
    spread(key, hops, done) {
      const body = keeper.carried(key)
      if (body) query.propagate({ body, hops }, (sent) => done({ hops, sent }))
      else done({ hops, sent: 0 })
    },
    place(placing, care, done) {
      upkeep?.published(placing.key, care)
      holders.place(placing, (told) => {
        if (told.acknowledged === 0) upkeep?.unheard(placing.key)
        done(told)
      })
    },
  })

  const call = (id: number, wanted: KvCall): void => {
    switch (wanted.type) {
      case 'put':
      case 'publish':
      case 'put-open':
        return writer.write(id, wanted)
      case 'get':
      case 'find':
        return reads.read(id, wanted)
      case 'remove': {
        const removed = keeper.remove(wanted.key)
        upkeep?.forget(wanted.key)
        return whenDurable(id, () => reply(id, { type: 'removed', removed }))
      }
      case 'provide':
      case 'withdraw':
      case 'providers':
        return providing.call(id, wanted)
      case 'ready':
        return reply(id, { type: 'ready' })
      case 'stats': {
        const stats = { ...keeper.size(), ...counts, providers: providers.stats(), engine: query.stats() }
        return reply(id, { type: 'stats', stats })
      }
    }
  }

  const handle = (command: Command): void => {
    switch (command.type) {
      case 'call':
        return disk.whenOpen(command.id, () => call(command.id, command.call))
      case 'message': {
        const { from, message } = command
        if (message.type === 'request') hold.request(from, message)
        else if (message.type === 'response') holders.requests.response(from, message)
        return
      }
      case 'undelivered':
        return void holders.requests.undelivered(command.message, command.reason)
      case 'own':
        return disk.settled()
      case 'signed':
        return writer.signed(command.ticket, command.signature)
      case 'online': {
        const block = publicBlock(command.host)
        if (block !== undefined) blocks.set(command.peer.id, block)
        return
      }
      case 'reachable':
        return upkeep?.met(command.peer)
      case 'offline':
        blocks.delete(command.peer.id)
        return holders.requests.offline(command.peer)
      case 'cancel':
        disk.cancel(command.id)
        writer.cancel(command.id)
        providing.cancel(command.id)
        reads.cancel(command.id)
        return query.cancel(command.id)
      case 'routed':
      case 'reached':
      case 'writable':
      case 'connected':
      case 'self':
      case 'wake':
    }
  }

  return {
    handle(command, emit) {
      if (!query.handle(command, emit) && !providers.handle(command)) handle(command)
    },
    async close() {
      query.close()
      await disk.close()
    },
  }
}
