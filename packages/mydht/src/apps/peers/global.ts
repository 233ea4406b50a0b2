/**
 * @module apps/peers/global
 * The peer store's service: answers queries for PeerIds with signed PeerRecords, serves the main loop with peers to dial, and spreads our own
 * record when it changes. Not here: which peers are known and how well (`knowledge.ts`).
 */
import { noBytes } from '../../bytes.ts'
import { peerKey } from '../../identity/peer-key.ts'
import { peerRef, type PeerRef } from '../../identity/peer-ref.ts'
import type { EngineApp } from '../../queries/query.ts'
import type { Crossing, Emit, Service, ServiceDefinition, ServiceParts } from '../../service/service.ts'
import type { AppMessage } from '../../wire/messages.ts'
import type { AppInit } from '../app.ts'
import { openAppStore, type Settled } from '../app-store.ts'
import { createQueryApp } from '../query-app.ts'
import { respond } from '../requests.ts'
import { peersCrossing } from './crossing.ts'
import * as defaults from './defaults.ts'
import { createKeptPeers } from './kept-peers.ts'
import { createKnowledge } from './knowledge.ts'
import { findBody, namedBody, nearBody, readFind, readName, readNear } from './messages.ts'
import { createNames, namedRecord, type Wish } from './names.ts'
import {
  isOfMainLoop,
  type FoundPeer,
  type PeersCall,
  type PeersReply,
  type PeerStoreCommand,
  type PeerStoreEvent,
  type PeerStoreOptions,
  type PeerStoreRequest,
} from './protocol.ts'
import type { KnownPeer } from './table.ts'

/** The definition of the peer store's service. */
export const peersGlobal: ServiceDefinition<AppInit<PeerStoreOptions>, PeerStoreCommand, PeerStoreEvent> & {
  readonly sync: true
  readonly crossing: Crossing<AppInit<PeerStoreOptions>, PeerStoreCommand, PeerStoreEvent>
} = {
  name: 'peer-store',
  module: import.meta.url,
  sync: true,
  crossing: peersCrossing,
  create: createPeerStore,
}

/** Makes the service. */
export function createPeerStore(
  init: AppInit<PeerStoreOptions>,
  parts: ServiceParts<PeerStoreCommand>
): Service<PeerStoreCommand, PeerStoreEvent> {
  const { clock, random } = parts
  const disk =
    init.options.store &&
    openAppStore({
      part: init.options.store,
      clock,
      log: parts.log,
      self: () => parts.self({ type: 'own', from: undefined, command: { type: 'settled' } }),
      fail: (id, code, message) => query.emit({ type: 'fail', id, code, message }),
      opened() {
        // Those that proved themselves while it opened it could not take.
        for (const known of knowledge.proven(Infinity, new Set())) kept?.keep(known)
        restore()
        const wishes = early ?? []
        early = undefined
        for (const wish of wishes) names.wish(wish)
      },
    })
  const restore = (): void => {
    if (knowledge.restoreSome()) query.alarm.by(restore, 0)
  }
  /** Wishes that wait for what the store knows; undefined: it is open, or there is none. */
  let early: Wish[] | undefined = disk && []
  const kept = disk && createKeptPeers(disk.store, init.options.rememberMs ?? defaults.rememberMs)
  const knowledge = createKnowledge(init.self, init.network, { clock, random }, init.options, kept)
  let emitNow: Emit<PeerStoreEvent> = () => true
  let hasSelf = false
  let searches = 0

  const app: EngineApp = {
    accepts: (question) => readFind(question) !== undefined || readNear(question) !== undefined,
    keyOf(question) {
      const id = readFind(question)
      return id ? peerKey(id) : readNear(question)?.slice()
    },
    lookup(question, limit, from) {
      const id = readFind(question)
      if (id === undefined || limit < 1) return []
      // For ourselves all that we know will do; to others we name only peers that proved themselves.
      const known = from === undefined ? knowledge.any(id) : knowledge.nameable(id)
      return known ? [known.bytes] : []
    },
    verify(question, answer) {
      const id = readFind(question)
      return id !== undefined && knowledge.check(answer, id) !== undefined
    },
    passing: (_question, answer, from) => named(answer, from),
    receive(value, from) {
      const known = knowledge.check(value)
      if (!known) return 'invalid'
      const outcome = knowledge.named(known, from.id)
      if (outcome === 'news' && knowledge.online.has(known.record.id)) {
        query.emit({ type: 'learnt', record: known.bytes, cause: from })
      }
      return outcome
    },
  }

  const query = createQueryApp<PeersCall, PeersReply, Settled>({
    init,
    parts,
    app,
    answer(call, { body, via }) {
      const known = knowledge.check(body)
      if (!known) return
      if (via !== undefined && knowledge.named(known, via) === 'news' && knowledge.online.has(known.record.id)) {
        query.emit({ type: 'learnt', record: known.bytes, cause: peerRef(via) })
      }
      finding.delete(call)
      query.emit({ type: 'reply', id: call, value: { type: 'found', peer: foundPeer(known) }, last: true })
    },
    done(call, outcome) {
      if (!finding.delete(call)) return
      if (outcome.reason !== 'busy') return reply(call, { type: 'absent', outcome })
      query.emit({
        type: 'fail',
        id: call,
        code: 'MYDHT_BUSY',
        message: 'too many queries are under way here: await some of them first',
      })
    },
  })

  /** Calls that wait for a record. */
  const finding = new Set<number>()
  const names = createNames({
    app: init.name,
    clock,
    random,
    knowledge,
    send: (to, message) => query.emit({ type: 'send', to, message }),
    wake: (delayMs) => query.alarm.by(expire, delayMs),
    granted: (ticket, peers) => void emitNow({ type: 'candidates', ticket, peers }),
  })
  const expire = (): void => names.requests.expire()

  const named = (bytes: Uint8Array, from: PeerRef): void => {
    const known = knowledge.check(bytes)
    if (known) knowledge.named(known, from.id)
  }
  const reply = (id: number, value: PeersReply): void => query.emit({ type: 'reply', id, value, last: true })

  const call = (id: number, wanted: PeersCall): void => {
    switch (wanted.type) {
      case 'find': {
        const there = knowledge.online.get(wanted.id)?.known
        if (there) return reply(id, { type: 'found', peer: foundPeer(there) })
        finding.add(id)
        return query.ask(id, { ...wanted.ask, results: 1, body: findBody(wanted.id) })
      }
      case 'connected':
        return reply(id, { type: 'connected', peers: [...knowledge.online.keys()] })
      case 'known':
        return reply(id, { type: 'known', peers: knowledge.proven(wanted.limit, new Set()).map(foundPeer) })
      case 'ready': {
        const ready = (): void => reply(id, { type: 'ready' })
        return disk ? disk.whenOpen(id, ready) : ready()
      }
      case 'stats':
        return reply(id, { type: 'stats', stats: { ...knowledge.size(), engine: query.stats() } })
    }
  }

  const message = (from: PeerRef, one: AppMessage): void => {
    if (one.type === 'response') return names.requests.response(from, one)
    if (one.type !== 'request') return
    const count = readName(one.body)
    const body =
      count === undefined ? noBytes : namedBody(knowledge.proven(count, new Set([from.id])).map(({ bytes }) => bytes))
    query.emit({ type: 'send', to: from, message: respond(one, count === undefined ? 'refused' : 'ok', body) })
  }

  const ourRecord = (record: Uint8Array): void => {
    knowledge.setSelf(record)
    // Neighbours have our first record from the handshake; a newer one they must be told.
    if (hasSelf && knowledge.online.size > 0)
      query.propagate({ body: record, hops: 1, fanOut: knowledge.online.size, budget: knowledge.online.size })
    hasSelf = true
  }

  const ofMainLoop = (request: PeerStoreRequest): void => {
    switch (request.type) {
      case 'candidates':
        if (early && early.length < defaults.maxWishes) early.push(request)
        else names.wish(request)
        return
      case 'search':
        // Below the numbers of calls. What it finds is heard by the route: every peer that it asks is dialled.
        searches--
        return query.ask(searches, {
          body: nearBody(request.key),
          mode: 'iterative',
          local: false,
          width: request.width,
        })
      case 'dialled':
        return knowledge.dialled(request.id, request.record, request.host)
      case 'unreachable':
        return knowledge.unreachable(request.id, request.tried)
      case 'address-of': {
        const known = knowledge.any(request.id)
        emitNow({ type: 'candidates', ticket: request.ticket, peers: known ? [namedRecord(known)] : [] })
      }
    }
  }

  return {
    handle(command, emit) {
      emitNow = emit
      if (isOfMainLoop(command)) {
        query.use(emit)
        return ofMainLoop(command)
      }
      if (query.handle(command, emit)) return
      switch (command.type) {
        case 'message':
          return message(command.from, command.message)
        case 'call':
          return call(command.id, command.call)
        case 'cancel':
          disk?.cancel(command.id)
          finding.delete(command.id)
          return query.cancel(command.id)
        case 'online':
          return knowledge.cameOnline(command.peer, command.record, command.apps.includes(init.name), command.host)
        case 'reachable':
          return knowledge.dialled(command.peer.id)
        case 'offline':
          knowledge.wentOffline(command.peer.id)
          return names.requests.offline(command.peer)
        case 'undelivered':
          names.requests.undelivered(command.message, command.reason)
          return
        case 'self':
          return ourRecord(command.record)
        case 'own':
          query.use(emit)
          return disk?.settled()
        case 'routed':
        case 'wake':
        case 'writable':
        case 'connected':
        case 'reached':
        case 'signed':
          return
      }
    },
    async close() {
      query.close()
      await disk?.close()
    },
  }
}

function foundPeer({ record }: KnownPeer): FoundPeer {
  const { id, addresses, sequence, clientOnly } = record
  return { id, addresses, sequence, clientOnly }
}
