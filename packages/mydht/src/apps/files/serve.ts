/**
 * @module apps/files/serve
 * Answers requests of peers: manifests and pieces of files, as attachments. Not here: questions that travel (`global.ts`).
 */
import type { Attachments } from '../../attachments/attachments.ts'
import { memorySource, type ByteSource } from '../../attachments/body.ts'
import type { Promises } from '../../attachments/promises.ts'
import { noBytes } from '../../bytes.ts'
import type { PeerId } from '../../identity/peer-id.ts'
import type { PeerRef } from '../../identity/peer-ref.ts'
import type { Log } from '../../log.ts'
import type { AppMessage, RequestMessage, ResponseMessage } from '../../wire/messages.ts'
import type { UndeliveredReason } from '../app.ts'
import { respond } from '../requests.ts'
import { openShared } from './disk/shared-file.ts'
import { decodeRequest } from './messages.ts'
import type { Shares } from './shares.ts'

/** What serving needs. */
export interface ServeOptions {
  readonly shares: Shares
  readonly attachments: Attachments
  readonly promises: Promises
  readonly log: Log
  readonly send: (to: PeerRef, message: AppMessage) => void
  /** Files that may be being opened at a time. */
  readonly maxOpening: number
}

/** Serves what is shared. */
export interface Server {
  request(from: PeerRef, request: RequestMessage): void
  /** A message of ours was not sent. True: it was a response. */
  undelivered(to: PeerRef, message: AppMessage, reason: UndeliveredReason): boolean
  writable(peer: PeerRef): void
  offline(peer: PeerRef): void
  readonly served: number
  readonly refused: number
}

/** Makes a server. */
export function createServer(options: ServeOptions): Server {
  const { shares, attachments, promises, send } = options
  /** Responses that found their peer full. */
  const held = new Map<PeerId, { readonly to: PeerRef; readonly messages: ResponseMessage[] }>()
  let opening = 0
  let served = 0
  let refused = 0

  const no = (from: PeerRef, request: RequestMessage, status: 'not-found' | 'busy' | 'refused'): void => {
    if (status !== 'busy') refused++
    send(from, respond(request, status, noBytes))
  }
  const stream = (from: PeerRef, request: RequestMessage, source: ByteSource, bytes: number): void => {
    const id = attachments.open(from, source, bytes)
    if (id === undefined) {
      source.close?.()
      return no(from, request, 'busy')
    }
    served++
    send(from, { ...respond(request, 'ok', noBytes), stream: id, streamBytes: bytes })
  }

  return {
    request(from, message) {
      const asked = decodeRequest(message.body)
      if (asked === undefined) return no(from, message, 'refused')
      const file = shares.byId(asked.id)
      if (file === undefined) return no(from, message, 'not-found')
      if (asked.type === 'manifest') return stream(from, message, memorySource(file.manifest), file.manifest.length)
      if (asked.offset + asked.length > file.bytes) return no(from, message, 'refused')
      if (opening >= options.maxOpening) return no(from, message, 'busy')
      opening++
      // The message's body is a view that is gone by then; its id is all we need.
      const request: RequestMessage = { ...message, body: noBytes }
      promises.watch(openShared(file, asked.offset, asked.length), (outcome) => {
        opening--
        if (outcome.ok) return stream(from, request, outcome.value, asked.length)
        if (isPassing(outcome.error)) {
          options.log('warn', 'shared-file-not-opened', { path: file.path, error: String(outcome.error) })
          return no(from, request, 'busy')
        }
        options.log('warn', 'shared-file-changed', { path: file.path, error: String(outcome.error) })
        shares.remove(file.path)
        no(from, request, 'refused')
      })
    },
    undelivered(to, message, reason) {
      if (message.type !== 'response') return false
      const waiting = held.get(to.id) ?? { to, messages: [] }
      if (reason === 'full' && waiting.messages.length < options.maxOpening) {
        waiting.messages.push(message)
        held.set(to.id, waiting)
      } else if (message.stream !== 0) attachments.close(message.stream, 'MYDHT_NOT_CONNECTED')
      return true
    },
    writable(peer) {
      const waiting = held.get(peer.id)
      held.delete(peer.id)
      for (const message of waiting?.messages ?? []) send(peer, message)
    },
    offline(peer) {
      held.delete(peer.id)
    },
    get served() {
      return served
    },
    get refused() {
      return refused
    },
  }
}

/** Whether an error says nothing of the file: this process or this machine has too much open just now. */
function isPassing(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return code === 'EMFILE' || code === 'ENFILE' || code === 'ENOMEM' || code === 'EAGAIN'
}
