/**
 * @module apps/kv/global
 * The one service of a node's kv app: a store, a query engine, and the rules between them. What the program asks comes as calls.
 */
import type { PeerId } from '../../identity/peer-id.ts'
import { publicBlock } from '../../peers/host-key.ts'
import type { PeerRef } from '../../identity/peer-ref.ts'
import { defaultLimits } from '../../queries/defaults.ts'
import { createPeerBudget } from '../../queries/peer-budget.ts'
import type { Ask, EngineApp } from '../../queries/query.ts'
import type { Crossing, Service, ServiceDefinition, ServiceParts } from '../../service/service.ts'
import { memory } from '../../stores/memory.ts'
import type { AppMessage } from '../../wire/messages.ts'
import type { AppCommand, AppEvent, AppInit } from '../app.ts'
import { openAppStore, type Settled } from '../app-store.ts'
import { appCrossing } from '../crossing.ts'
import { createProviders } from '../providers/providers.ts'
import { createQueryApp } from '../query-app.ts'
import { endGet, type Get } from './gets.ts'
import type { HoldRequest } from './hold-messages.ts'
import { createHold } from './hold.ts'
import { createHolders } from './holders.ts'
import { createKeeper } from './keep.ts'
import * as defaults from './defaults.ts'
import { keyToBytes, parseKey, type Key } from './key.ts'
import { createRecordRules } from './namespaces.ts'
import type { KvCall, KvOptions, KvReply } from './protocol.ts'
import { createKvProviding, withProviders } from './providing.ts'
import { askedKey, isForHolders, questionKey, questionOf } from './question.ts'
import { signContext } from './records.ts'
import { createUpkeep } from './upkeep.ts'
import { createValidator, type ValidRecord } from './validate.ts'
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
  const disk = openAppStore({
    part: options.store ?? memory(),
    clock,
    log,
    self: () => parts.self({ type: 'own', from: undefined, command: { type: 'settled' } }),
    opened() {
      for (const [key] of disk.store.entries()) {
        const kept = parseKey(key)
        if (kept) upkeep?.held(kept)
      }
    },
    fail: (id, code, message) => query.emit({ type: 'fail', id, code, message }),
  })
  const rules = createRecordRules(options, log)
  const validator = createValidator({ app: init.name, network: init.network, clock, options, rules })
  const keeper = createKeeper(disk.store, clock, options.keepSpread, (a, b) => rules.compare(a, b))
  /** Calls that want one record only. */
  const gets = new Map<number, Get>()
  const askedBy = new Map<number, Key>()
  /** Of online peers: the public address block that they are in. */
  const blocks = new Map<PeerId, string>()
  let refused = 0
  let full = 0

  const check = (bytes: Uint8Array, key: Key | undefined): ValidRecord | undefined => {
    const valid = validator.carried(bytes, key)
    if (!valid) refused++
    return valid
  }

  const app: EngineApp = {
    accepts: (question) => questionKey(question) !== undefined,
    keyOf: (question) => questionKey(question)?.slice(),
    lookup(question, limit) {
      const key = askedKey(question)
      if (key === undefined || limit < 1 || (isForHolders(question) && keeper.isCached(key))) return []
      const carried = keeper.carried(key)
      return carried ? [carried] : []
    },
    verify: (question, answer) => check(answer, askedKey(question)) !== undefined,
    passing(question, answer) {
      if (options.cachePassing !== true) return
      const valid = validator.checked(answer, askedKey(question))
      if (valid && keeper.keep(valid, 'passing') === 'full') full++
    },
    receive(value, from) {
      const valid = validator.proven(value, undefined)
      const wanted = valid !== undefined && validator.wanted(valid.record, valid.key)
      if (!wanted) refused++
      // True, but not to this program's taste: nobody's fault.
      if (!wanted) return valid ? 'known' : 'invalid'
      const outcome = keeper.keep(valid, from.id, blocks.get(from.id))
      if (outcome === 'full') full++
      return outcome === 'news' ? 'news' : 'known'
    },
  }

  const copies = options.replicas ?? 0
  /** How reads ask that do not say. */
  const mode = copies > 0 ? ('iterative' as const) : undefined

  const placeProvider = (key: string, provider: Uint8Array, held: (peers: number) => void): void => {
    const placing = { key: parseKey(key), copies, ifSequence: undefined, provider }
    if (placing.key === undefined) held(0)
    else holders.place({ ...placing, key: placing.key }, ({ acknowledged }) => held(acknowledged))
  }
  const providers = createProviders({
    init,
    parts,
    options: options.providers,
    alarm: () => query.alarm,
    emit: (event) => query.emit(event),
    propagate: (spread, sent) => query.propagate(spread, sent),
    place: copies === 0 ? undefined : placeProvider,
  })
  const providing = createKvProviding({
    providers,
    ask: (id, ask) => query.ask(id, { ...ask, mode: ask.mode ?? mode }),
    reply: (id, value, last) => query.emit({ type: 'reply', id, value, last }),
    fail: (id, code, message) => query.emit({ type: 'fail', id, code, message }),
  })

  const query = createQueryApp<KvCall, KvReply, Settled>({
    init,
    parts,
    app: withProviders(app, providers),
    answer(call, answer) {
      if (providing.answer(call, answer)) return
      const valid = askedBy.has(call) ? validator.checked(answer.body, askedBy.get(call)) : undefined
      if (!valid) return
      const get = gets.get(call)
      if (get) {
        get.found.push({ valid, answer })
        return
      }
      const { key, record, expiresAtMs } = valid
      const { from, via, hops } = answer
      const hit = { type: 'hit', key, value: record.value, record, from, via, hops, expiresAtMs } as const
      query.emit({ type: 'reply', id: call, value: hit, last: false })
    },
    done(call, outcome) {
      if (holders.searched(call, outcome) || providing.done(call, outcome) || !askedBy.has(call)) return
      const get = gets.get(call)
      forget(call)
      if (get && get.found.length > 0) return reply(call, endGet(reads, get, outcome))
      if (outcome.reason !== 'busy') return reply(call, { type: 'absent', outcome })
      const message = 'too many queries are under way here: await some of them first, or raise limits.maxPending'
      query.emit({ type: 'fail', id: call, code: 'MYDHT_BUSY', message })
    },
  })

  const forget = (call: number): void => {
    gets.delete(call)
    askedBy.delete(call)
  }
  /** To calls of the API, not to what we do by ourselves. */
  const reply = (id: number, value: KvReply): void => {
    if (id >= 0) query.emit({ type: 'reply', id, value, last: true })
  }

  /** Runs `done` once a change counts as acknowledged. */
  const whenDurable = (id: number, done: () => void): void =>
    options.acknowledged === 'disk' ? disk.whenDurable(id, done) : done()

  const send = (to: PeerRef, message: AppMessage): void => query.emit({ type: 'send', to, message })
  const holders = createHolders({
    app: init.name,
    clock,
    carried: (key) => keeper.carried(key),
    ask: (id, ask) => query.ask(id, ask),
    send,
    wake: (delayMs) => query.alarm.by(expire, delayMs),
  })
  const expire = (): void => holders.requests.expire()
  const bounds = { ...defaultLimits, ...options.limits }
  const offences = createPeerBudget(
    bounds.maxInvalidPerPeer ?? defaultLimits.maxInvalidPerPeer,
    bounds.peerWindowMs ?? defaultLimits.peerWindowMs,
    bounds.maxCountedPeers ?? defaultLimits.maxCountedPeers
  )
  const offend = (peer: PeerRef): void => {
    if (offences.charge(peer.id, clock.monotonicMs()) === 'last')
      query.emit({ type: 'misbehaved', peer, code: 'MYDHT_INVALID_RECORD' })
  }
  const hold = createHold({
    self: init.self,
    clock,
    keeper,
    validator,
    width: options.limits?.searchWidth ?? defaultLimits.searchWidth,
    blockOf: (peer) => blocks.get(peer),
    nearest: (key, count, except, take) => query.nearest(key, count, except, take),
    send,
    count(what) {
      if (what === 'full') full++
      else refused++
    },
    isIgnored: (peer) => offences.isSpent(peer.id, clock.monotonicMs()),
    blame: offend,
    providerKey(record) {
      const key = providers.keyOf(record)
      const parsed = key === undefined ? undefined : parseKey(key)
      return parsed && keyToBytes(parsed)
    },
    provider(record, from) {
      const taken = providers.hold(record, from)
      if (taken === 'false') offend(from)
      return taken === 'false' || taken === 'over' ? 'refused' : taken
    },
    kept: ({ key }) => upkeep?.held(key),
  })
  const upkeep =
    copies === 0
      ? undefined
      : createUpkeep({
          self: init.self,
          clock,
          random: parts.random,
          alarm: query.alarm,
          keeper,
          holders,
          copies,
          replicateMs: options.replicateMs ?? defaults.replicateMs,
          republishMs: options.republishMs ?? defaults.republishMs,
          nearest: (key, count, except, take) => query.nearest(key, count, except, take),
          republish: (key, ttlMs) => writer.republish(key, ttlMs),
        })
  const reads = {
    now: () => clock.now(),
    compare: rules.compare,
    copies,
    give: (peers: readonly PeerRef[], request: HoldRequest): void => holders.give(peers, request),
    refresh(valid: ValidRecord): void {
      if (keeper.held(valid.key)) keeper.renew(valid)
    },
  }
  const writer = createWriter({
    self: init.self,
    clock,
    options,
    keeper,
    validator,
    reply,
    whenDurable,
    fail(id, code, message) {
      if (id >= 0) query.emit({ type: 'fail', id, code, message })
    },
    sign: (ticket, fields) => query.emit({ type: 'sign', ticket, context: signContext, fields }),
    spread(key, hops, done) {
      const body = keeper.carried(key)
      if (body) query.propagate({ body, hops }, (sent) => done({ hops, sent }))
      else done({ hops, sent: 0 })
    },
    place(placing, ttlMs, done) {
      upkeep?.published(placing.key, ttlMs)
      holders.place(placing, done)
    },
  })

  const search = (id: number, key: Key, ask: Ask): void => {
    askedBy.set(id, key)
    query.ask(id, { ...ask, mode: ask.mode ?? mode, key: keyToBytes(key) })
  }

  const call = (id: number, wanted: KvCall): void => {
    switch (wanted.type) {
      case 'put':
      case 'publish':
      case 'put-open':
        return writer.write(id, wanted)
      case 'get': {
        const { key, quorum, ask } = wanted
        gets.set(id, { key, quorum, found: [] })
        return search(id, key, { ...ask, results: quorum, body: questionOf(key, quorum > 1) })
      }
      case 'find':
        return search(id, wanted.key, { ...wanted.ask, body: questionOf(wanted.key) })
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
        const stats = { ...keeper.size(), refused, full, providers: providers.stats(), engine: query.stats() }
        return reply(id, { type: 'stats', stats })
      }
    }
  }

  const message = (from: PeerRef, one: AppMessage): void => {
    if (one.type === 'request') hold.request(from, one)
    else if (one.type === 'response') holders.requests.response(from, one)
  }

  return {
    handle(command, emit) {
      if (query.handle(command, emit) || providers.handle(command)) return
      if (command.type === 'call') disk.whenOpen(command.id, () => call(command.id, command.call))
      else if (command.type === 'message') message(command.from, command.message)
      else if (command.type === 'undelivered') holders.requests.undelivered(command.message, command.reason)
      else if (command.type === 'own') disk.settled()
      else if (command.type === 'signed') writer.signed(command.ticket, command.signature)
      else if (command.type === 'online') {
        const block = publicBlock(command.host)
        if (block !== undefined) blocks.set(command.peer.id, block)
      } else if (command.type === 'reachable') upkeep?.met(command.peer)
      else if (command.type === 'offline') {
        blocks.delete(command.peer.id)
        holders.requests.offline(command.peer)
      } else if (command.type === 'cancel') {
        disk.cancel(command.id)
        writer.cancel(command.id)
        providing.cancel(command.id)
        forget(command.id)
        query.cancel(command.id)
      }
    },
    async close() {
      query.close()
      await disk.close()
    },
  }
}
