/**
 * @module apps/files/global
 * The one service of a node's files app: what we share, questions about files, and fetches. Disk work is asynchronous; what it comes to is handled
 * within later commands, so `handle` is synchronous.
 */
import { createAttachments } from '../../attachments/attachments.ts'
import { createPromises } from '../../attachments/promises.ts'
import { toMyDhtError } from '../../errors.ts'
import type { PeerId } from '../../identity/peer-id.ts'
import { decodePeerRecord, verifyPeerRecord } from '../../identity/peer-record.ts'
import { peerRef, type PeerRef } from '../../identity/peer-ref.ts'
import { defaultLimits } from '../../queries/defaults.ts'
import type { Answer, AskOutcome, EngineApp } from '../../queries/query.ts'
import type { Crossing, Emit, Service, ServiceDefinition, ServiceParts } from '../../service/service.ts'
import type { AppCommand, AppEvent, AppInit } from '../app.ts'
import { appCrossing } from '../crossing.ts'
import { nearShare } from '../defaults.ts'
import { createQueryApp } from '../query-app.ts'
import { createPlacing } from '../providers/placing.ts'
import { createProviders } from '../providers/providers.ts'
import { looksLikeProvider } from '../providers/provider-record.ts'
import { answersPerProvider } from '../providers/defaults.ts'
import { createRequests } from '../requests.ts'
import * as defaults from './defaults.ts'
import type { SharedFile } from './disk/shared-file.ts'
import { createFetches } from './fetches.ts'
import { createIndexJobs } from './index-job.ts'
import { fileIdToBytes, parseFileId, type FileId } from './manifest.ts'
import {
  answers,
  decodeHolding,
  decodeNote,
  decodeQuestion,
  encodeHolding,
  encodeNote,
  encodeQuestion,
  type Holding,
} from './messages.ts'
import type { FilesCall, FilesOptions, FilesReply } from './protocol.ts'
import { createServer } from './serve.ts'
import { createShares } from './shares.ts'

/** The service's word to itself: a promise has settled. */
export type FilesOwn = 'settled'

/** Somebody who has a file. `cause`: who made us know it, where nobody brought it just now. */
type Has = Holding & { readonly from: PeerId; readonly cause?: PeerId | undefined }

type Command = AppCommand<FilesCall, FilesOwn>
type Event = AppEvent<FilesReply>

/** The definition of the files app's global service. */
export const filesGlobal: ServiceDefinition<AppInit<FilesOptions>, Command, Event> & {
  readonly sync: true
  readonly crossing: Crossing<AppInit<FilesOptions>, Command, Event>
} = {
  name: 'files',
  module: import.meta.url,
  sync: true,
  crossing: appCrossing(),
  create: createFilesGlobal,
}

/** Makes the global service. */
export function createFilesGlobal(init: AppInit<FilesOptions>, parts: ServiceParts<Command>): Service<Command, Event> {
  const { options } = init
  const { clock, log } = parts
  const limits = options.limits ?? {}
  const maxFiles = limits.maxFiles ?? defaults.maxFiles
  const maxServing = limits.maxServing ?? defaults.maxServing
  const online = new Map<PeerId, PeerRef>()
  /** Calls that want every answer: `find` and `providers`. */
  const finding = new Set<number>()
  let record: Uint8Array | undefined
  let corrupt = 0
  let emit: Emit<Event> = () => true

  const fail = (id: number, error: unknown, what: string): void => {
    const { code, message } = toMyDhtError(error, 'MYDHT_BAD_FILE', what)
    emit({ type: 'fail', id, code, message })
  }

  const promises = createPromises(() => parts.self({ type: 'own', from: undefined, command: 'settled' }))
  const copies = options.replicas ?? 0
  /** How questions for an id go that do not say. */
  const mode = copies > 0 ? ('iterative' as const) : undefined
  const providers = createProviders({
    init,
    parts,
    options: options.providers,
    accepts: (note) => decodeNote(note) !== undefined,
    alarm: () => query.alarm,
    emit: (event) => void emit(event),
    propagate: (spread, sent) => query.propagate(spread, sent),
    place: copies === 0 ? undefined : (key, record, told) => placing.place(key, record, told),
  })
  const placing = createPlacing({
    app: init.name,
    self: init.self,
    copies,
    near: Math.ceil((limits.searchWidth ?? defaultLimits.searchWidth) * nearShare),
    question: (key) => idQuestion(key),
    ask: (id, ask) => query.ask(id, ask),
    nearest: (key, count, except, take) => query.nearest(key, count, except, take),
    send: (to, message) => void emit({ type: 'send', to, message }),
    providers: () => providers,
    clock,
    misbehaved: (peer) => void emit({ type: 'misbehaved', peer, code: 'MYDHT_INVALID_RECORD' }),
  })
  const announces = options.providers !== false && init.mode !== 'anonymous'
  const shares = createShares(maxFiles, limits.maxManifestsBytes ?? defaults.maxManifestsBytes, (key, file) => {
    if (file === undefined) providers.withdraw(key, () => {})
    else if (announces && !providers.isProvided(key)) announce(key, file)
  })
  const announce = (key: FileId, { bytes, name }: SharedFile): void => {
    const note = encodeNote(bytes, name)
    providers.provide({ key, note, ttlMs: undefined, spread: undefined, isPaced: true }, (outcome) => {
      if (!outcome.ok) log('debug', 'not-provided', { id: key, code: outcome.code })
    })
  }
  const jobs = createIndexJobs(shares, promises, { maxFiles, maxDepth: limits.maxDepth ?? defaults.maxDepth })

  const app: EngineApp = {
    accepts: (question) => decodeQuestion(question) !== undefined,
    keyOf(question) {
      const asked = decodeQuestion(question)
      return asked?.type === 'id' ? fileIdToBytes(asked.id) : undefined
    },
    lookup(question, limit, from) {
      const asked = decodeQuestion(question)
      const mine = record
      // Nobody could come to us without our record.
      if (asked === undefined || mine === undefined) return []
      // We ask for others who have a file, never for ourselves.
      const own = asked.type === 'id' && from === undefined ? [] : shares.matching(asked, limit)
      const found = own.map(({ id, bytes, name }) => encodeHolding({ record: mine, id, bytes, name }))
      return asked.type === 'id' ? [...found, ...providers.lookup(asked.id, limit - found.length)] : found
    },
    receive: (value, from) => providers.receive(value, from) ?? 'invalid',
    verify(question, answer) {
      const asked = decodeQuestion(question)
      if (asked?.type === 'id' && looksLikeProvider(answer)) return providers.verify(asked.id, answer)
      const holding = decodeHolding(answer)
      if (!asked || !holding || !answers(asked, holding.id, holding.name)) return false
      return verifyPeerRecord(holding.record, init.network, clock.now()).ok
    },
  }

  const answer = (call: number, { via, body, hops }: Answer): void => {
    const has = looksLikeProvider(body) ? provided(body) : held(body)
    if (!has) return
    const { id, name, bytes, from } = has
    const cause = via ?? has.cause
    if (finding.has(call))
      emit({ type: 'reply', id: call, value: { type: 'found', id, name, size: bytes, from, hops }, last: false })
    else if (from !== init.self)
      fetches.provider(call, { id: from, record: has.record, name, hops, cause: cause && peerRef(cause) })
  }
  /** Who says itself that it has a file. */
  const held = (body: Uint8Array): Has | undefined => {
    const holding = decodeHolding(body)
    const provider = holding && decodePeerRecord(holding.record)
    return holding && provider?.ok ? { ...holding, from: provider.value.id } : undefined
  }
  /** Of whom a provider record says it. */
  const provided = (body: Uint8Array): Has | undefined => {
    const known = providers.known(body)
    const note = known && decodeNote(known.note)
    const id = known && parseFileId(known.key)
    if (!note || id === undefined || known.provider === init.self) return undefined
    return { ...note, id, record: known.peerRecord, from: known.provider, cause: known.keptFor }
  }
  const done = (call: number, outcome: AskOutcome): void => {
    const { reason } = outcome
    if (placing.searched(call, outcome)) return
    if (!finding.delete(call)) return fetches.asked(call, reason === 'busy')
    if (reason !== 'busy') return void emit({ type: 'end', id: call })
    const message = 'too many queries are under way here: await some of them first, or raise limits.maxPending'
    emit({ type: 'fail', id: call, code: 'MYDHT_BUSY', message })
  }

  const query = createQueryApp<FilesCall, FilesReply, FilesOwn>({ init, parts, app, answer, done })

  const expireAttachments = (): void => attachments.expire()
  const attachments = createAttachments({
    app: init.name,
    clock,
    log,
    promises,
    send: (to, message) => emit({ type: 'send', to, message }),
    wake: (delayMs) => query.alarm.by(expireAttachments, delayMs),
    misbehaved: (peer, code) => void emit({ type: 'misbehaved', peer, code }),
    maxOutgoing: maxServing,
    maxOutgoingPerPeer: limits.maxServingPerPeer ?? defaults.maxServingPerPeer,
    idleMs: limits.idleMs ?? defaults.idleMs,
  })
  const server = createServer({
    shares,
    attachments,
    promises,
    log,
    send: (to, message) => void emit({ type: 'send', to, message }),
    maxOpening: maxServing,
  })

  const expireRequests = (): void => requests.expire()
  const requests = createRequests<number>({
    app: init.name,
    clock,
    send: (to, message) => void emit({ type: 'send', to, message }),
    wake: (delayMs) => query.alarm.by(expireRequests, delayMs),
    settled: (call, from, outcome) => fetches.responded(call, from, outcome),
  })

  const again = (): void => fetches.again()
  const fetches = createFetches({
    clock,
    promises,
    attachments,
    maxFetches: limits.maxFetches ?? defaults.maxFetches,
    into: options.into,
    emit: (event) => void emit(event),
    ask: (call, { id, ask }) =>
      query.ask(call, {
        ...ask,
        mode: ask.mode ?? mode,
        results: (ask.results ?? defaults.providerResults) * answersPerProvider,
        // What others had us keep.
        local: true,
        body: encodeQuestion({ type: 'id', id }),
        key: fileIdToBytes(id),
      }),
    online: (peer) => online.get(peer),
    request: (to, body, call) => requests.ask(to, body, defaults.requestTimeoutMs, call),
    // Not at once: the engine may be telling us something.
    stopAsking: (call) => promises.later(() => query.cancel(call)),
    forget(call) {
      requests.forget((one) => one === call)
      promises.later(() => query.cancel(call))
    },
    wake: (delayMs) => query.alarm.by(again, delayMs),
    corrupt(provider) {
      corrupt++
      log('warn', 'corrupt-file', { provider })
    },
  })

  const call = (id: number, wanted: FilesCall): void => {
    switch (wanted.type) {
      case 'share':
        return jobs.add(wanted.paths, (shared) => {
          if ('error' in shared) fail(id, shared.error, 'cannot share')
          else emit({ type: 'reply', id, value: { type: 'shared', ...shared }, last: true })
        })
      case 'list': {
        const files = shares.list().map(({ id: file, name, path, bytes }) => ({ id: file, name, path, bytes }))
        return void emit({ type: 'reply', id, value: { type: 'listed', files }, last: true })
      }
      case 'find':
        finding.add(id)
        return query.ask(id, {
          ...wanted.ask,
          body: encodeQuestion({ type: 'name', text: wanted.text, part: wanted.part }),
        })
      case 'providers':
        finding.add(id)
        return query.ask(id, {
          ...wanted.ask,
          mode: wanted.ask.mode ?? mode,
          results: (wanted.ask.results ?? defaults.findResults) * answersPerProvider,
          local: true,
          body: encodeQuestion({ type: 'id', id: wanted.id }),
          key: fileIdToBytes(wanted.id),
        })
      case 'fetch':
        return fetches.start(id, wanted)
      case 'stats': {
        const { served, refused } = server
        const stats = {
          files: shares.files,
          bytes: shares.bytes,
          indexing: jobs.jobs,
          fetching: fetches.size,
          served,
          refused,
          corrupt,
        }
        const value: FilesReply = {
          type: 'stats',
          stats: { ...stats, providers: providers.stats(), attachments: attachments.stats(), engine: query.stats() },
        }
        return void emit({ type: 'reply', id, value, last: true })
      }
    }
  }

  const gone = (peer: PeerRef): void => {
    online.delete(peer.id)
    server.offline(peer)
    attachments.offline(peer)
    requests.offline(peer)
  }

  if (options.share && options.share.length > 0) {
    jobs.add(options.share, (shared) => {
      if ('error' in shared) log('error', 'share-failed', { paths: options.share, error: String(shared.error) })
      else log('info', 'shared', { ...shared })
    })
  }

  return {
    handle(command, emitNow) {
      emit = emitNow
      query.use(emitNow)
      promises.run()
      if (query.handle(command, emitNow) || providers.handle(command)) return
      switch (command.type) {
        case 'message': {
          const { from, message } = command
          if (attachments.message(from, message)) return
          if (message.type === 'request') server.request(from, message)
          else if (message.type === 'response') requests.response(from, message)
          else if (message.type === 'tell') placing.heard(from, message.body)
          return
        }
        case 'undelivered': {
          const { to, message, reason } = command
          if (attachments.undelivered(to, message, reason) || server.undelivered(to, message, reason)) return
          requests.undelivered(message, reason)
          return
        }
        case 'writable':
          attachments.writable(command.peer)
          return server.writable(command.peer)
        case 'online':
          if (command.apps.includes(init.name)) online.set(command.peer.id, command.peer)
          return
        case 'offline':
          return gone(command.peer)
        case 'connected':
          return fetches.connected(command.ticket, command.peer, command.code)
        case 'self':
          record = command.record.slice()
          return
        case 'call':
          return call(command.id, command.call)
        case 'cancel':
          if (finding.delete(command.id)) query.cancel(command.id)
          return fetches.cancel(command.id)
        case 'routed':
        case 'reached':
        case 'signed':
        case 'reachable':
        case 'wake':
        case 'own':
      }
    },
    close() {
      emit = () => true
      jobs.close()
      promises.close()
      fetches.close()
      for (const peer of online.values()) attachments.offline(peer)
      query.close()
    },
  }
}

function idQuestion(key: string): Uint8Array {
  const id = parseFileId(key)
  if (id === undefined) throw new TypeError(`not a file's id: '${key}'`)
  return encodeQuestion({ type: 'id', id })
}
