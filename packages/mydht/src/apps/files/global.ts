/**
 * @module apps/files/global
 * The one service of a node's files app: its parts, what each is told, and which command goes to which. Disk work is asynchronous; what it comes to is handled
 * within later commands, so `handle` is synchronous. Not here: what the parts do.
 */
import { createAttachments } from '../../attachments/attachments.ts'
import { createPromises } from '../../attachments/promises.ts'
import { toMyDhtError } from '../../errors.ts'
import type { PeerId } from '../../identity/peer-id.ts'
import { peerRef, type PeerRef } from '../../identity/peer-ref.ts'
import type { Answer, AskOutcome } from '../../queries/query.ts'
import type { Crossing, Emit, Service, ServiceDefinition, ServiceParts } from '../../service/service.ts'
import type { AppCommand, AppEvent, AppInit } from '../app.ts'
import { appCrossing } from '../crossing.ts'
import { createQueryApp } from '../query-app.ts'
import { answersPerProvider } from '../providers/defaults.ts'
import { createRequests } from '../requests.ts'
import * as defaults from './defaults.ts'
import { createFetches } from './fetches.ts'
import { createIndexJobs } from './index-job.ts'
import { fileIdToBytes } from './manifest.ts'
import { encodeQuestion } from './messages.ts'
import type { FilesCall, FilesOptions, FilesReply } from './protocol.ts'
import { createServer } from './serve.ts'
import { createShares } from './shares.ts'
import { createTelling } from './telling.ts'
import { createWhoHas } from './who-has.ts'

/** The service's word to itself: a promise has settled. */
export type FilesOwn = 'settled'

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
  let corrupt = 0
  let emit: Emit<Event> = () => true

  const fail = (id: number, error: unknown, what: string): void => {
    const { code, message } = toMyDhtError(error, 'MYDHT_BAD_FILE', what)
    emit({ type: 'fail', id, code, message })
  }

  const promises = createPromises(() => parts.self({ type: 'own', from: undefined, command: 'settled' }))
  /** How questions for an id go that do not say. */
  const mode = (options.replicas ?? 0) > 0 ? ('iterative' as const) : undefined
  const { providers, placing, changed } = createTelling({ init, parts, query: () => query })
  const shares = createShares(maxFiles, limits.maxManifestsBytes ?? defaults.maxManifestsBytes, changed)
  const whoHas = createWhoHas({ init, clock, shares, providers })
  const jobs = createIndexJobs(shares, promises, { maxFiles, maxDepth: limits.maxDepth ?? defaults.maxDepth })

  const answer = (call: number, { via, body, hops }: Answer): void => {
    const has = whoHas.read(body)
    if (!has) return
    const { id, name, bytes, from } = has
    const cause = via ?? has.cause
    if (finding.has(call))
      emit({ type: 'reply', id: call, value: { type: 'found', id, name, size: bytes, from, hops }, last: false })
    else if (from !== init.self)
      fetches.provider(call, { id: from, record: has.record, name, hops, cause: cause && peerRef(cause) })
  }
  const done = (call: number, outcome: AskOutcome): void => {
    const { reason } = outcome
    if (placing.searched(call, outcome)) return
    if (!finding.delete(call)) return fetches.asked(call, reason === 'busy')
    if (reason !== 'busy') return void emit({ type: 'end', id: call })
    const message = 'too many queries are under way here: await some of them first, or raise limits.maxPending'
    emit({ type: 'fail', id: call, code: 'MYDHT_BUSY', message })
  }

  const query = createQueryApp<FilesCall, FilesReply, FilesOwn>({ init, parts, app: whoHas.app, answer, done })

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
    random: parts.random,
    send: (to, message) => void emit({ type: 'send', to, message }),
    wake: (delayMs) => query.alarm.by(expireRequests, delayMs),
    settled: (call, from, outcome) => fetches.responded(call, from, outcome),
  })

  const again = (): void => fetches.again()
  const fetches = createFetches({
    clock,
    random: parts.random,
    promises,
    attachments,
    maxFetches: limits.maxFetches ?? defaults.maxFetches,
    into: options.into,
    emit: (event) => void emit(event),
    ask: (call, { id, ask }, besides) =>
      query.ask(call, {
        ...ask,
        mode: ask.mode ?? mode,
        results: ((ask.results ?? defaults.providerResults) + besides) * answersPerProvider,
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
          return whoHas.self(command.record)
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
