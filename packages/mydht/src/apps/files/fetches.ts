/**
 * @module apps/files/fetches
 * The fetches under way, and which ticket, request or answer belongs to which. Not here: what a fetch does next (`fetch.ts`).
 */
import path from 'node:path'
import type { Attachments } from '../../attachments/attachments.ts'
import type { Promises } from '../../attachments/promises.ts'
import type { Clock } from '../../clock.ts'
import type { ErrorCode } from '../../errors.ts'
import type { PeerId } from '../../identity/peer-id.ts'
import type { PeerRef } from '../../identity/peer-ref.ts'
import type { Random } from '../../random.ts'
import { createTickets } from '../../tickets.ts'
import type { AppEvent } from '../app.ts'
import type { RequestOutcome } from '../requests.ts'
import * as defaults from './defaults.ts'
import type { Fetch, Provider } from './fetch-contract.ts'
import { createFetch } from './fetch.ts'
import type { FetchCall, FilesReply } from './protocol.ts'

/** What the table needs. */
export interface FetchesOptions {
  readonly clock: Clock
  readonly random: Random
  readonly promises: Promises
  readonly attachments: Attachments
  readonly maxFetches: number
  readonly into: string | undefined
  readonly emit: (event: AppEvent<FilesReply>) => void
  /** Asks for providers of the file that call `call` wants, besides so many that are known; ends with `asked`. */
  readonly ask: (call: number, wanted: FetchCall, besides: number) => void
  readonly online: (peer: PeerId) => PeerRef | undefined
  readonly request: (to: PeerRef, body: Uint8Array, call: number) => boolean
  /** Ends the question of a call, whose fetch has heard of providers enough. */
  readonly stopAsking: (call: number) => void
  /** Forgets the requests and questions of a call. */
  readonly forget: (call: number) => void
  readonly wake: (delayMs: number) => void
  readonly corrupt: (provider: PeerId) => void
}

/** The fetches of one node, by the ids of their calls. */
export interface Fetches {
  start(call: number, wanted: FetchCall): void
  has(call: number): boolean
  provider(call: number, provider: Provider): void
  asked(call: number, busy: boolean): void
  connected(ticket: number, peer: PeerRef | undefined, code: ErrorCode | undefined): void
  responded(call: number, from: PeerRef, outcome: RequestOutcome): void
  cancel(call: number): void
  /** Time has passed. */
  again(): void
  /** Stops all. */
  close(): void
  readonly size: number
}

interface Running {
  readonly fetch: Fetch
  /** Providers that end the question. */
  wanted: number
  /** Those that the question under way has found. */
  readonly found: Set<PeerId>
  /** A question is under way: its end is news. */
  isAsking: boolean
  /** Folder and id: two fetches must not write one file. */
  readonly place: string
}

/** Makes an empty table. */
export function createFetches(options: FetchesOptions): Fetches {
  const { emit } = options
  const running = new Map<number, Running>()
  const tickets = new Map<number, { readonly call: number; readonly provider: Provider }>()
  const nextTicket = createTickets(options.random)

  const remove = (call: number): void => {
    running.delete(call)
    for (const [ticket, one] of tickets) if (one.call === call) tickets.delete(ticket)
    options.forget(call)
  }
  const refuse = (id: number, code: ErrorCode, message: string): void => emit({ type: 'fail', id, code, message })

  return {
    start(call, wanted) {
      const into = wanted.into ?? options.into
      if (into === undefined) {
        return refuse(call, 'MYDHT_BAD_ARGUMENT', 'no folder for fetched files: give `into` to fetch(), or to files()')
      }
      const place = path.resolve(into, wanted.id)
      if ([...running.values()].some((one) => one.place === place)) {
        return refuse(call, 'MYDHT_BUSY', `${wanted.id} is being fetched to ${into} already: wait for that`)
      }
      if (running.size >= options.maxFetches) {
        return refuse(
          call,
          'MYDHT_BUSY',
          `${running.size} files are being fetched already: await some of them first, or raise limits.maxFetches`
        )
      }
      const enough = wanted.ask.results ?? defaults.providerResults
      const fetch = createFetch(wanted, into, {
        clock: options.clock,
        promises: options.promises,
        attachments: options.attachments,
        // In a later command: the question before this may be about to end, and an engine must not be called from what it says.
        ask: (besides) =>
          options.promises.later(() => {
            const one = running.get(call)
            if (!one) return
            one.found.clear()
            one.wanted = enough + besides
            one.isAsking = true
            options.ask(call, wanted, besides)
          }),
        connect(provider, again) {
          const peer = again ? undefined : options.online(provider.id)
          if (peer) return running.get(call)?.fetch.connected(provider, peer, undefined)
          const ticket = nextTicket()
          tickets.set(ticket, { call, provider })
          emit({ type: 'connect', ticket, record: provider.record, cause: provider.cause })
        },
        request: (to, body) => options.request(to, body, call),
        wake: options.wake,
        corrupt: options.corrupt,
        progress: (progress) =>
          emit({ type: 'reply', id: call, value: { type: 'progress', ...progress }, last: false }),
        done(fetched) {
          remove(call)
          emit({ type: 'reply', id: call, value: { type: 'fetched', ...fetched }, last: true })
        },
        failed(code, message) {
          remove(call)
          refuse(call, code, message)
        },
      })
      running.set(call, {
        fetch,
        place,
        wanted: enough,
        found: new Set(),
        isAsking: true,
      })
      options.ask(call, wanted, 0)
    },
    has: (call) => running.has(call),
    provider(call, provider) {
      const one = running.get(call)
      if (!one) return
      one.fetch.provider(provider)
      // One provider may be named by many.
      one.found.add(provider.id)
      if (one.found.size < one.wanted || !one.isAsking || !running.has(call)) return
      one.isAsking = false
      options.stopAsking(call)
      one.fetch.asked(false)
    },
    asked(call, busy) {
      const one = running.get(call)
      if (!one?.isAsking) return
      one.isAsking = false
      one.fetch.asked(busy)
    },
    connected(ticket, peer, code) {
      const one = tickets.get(ticket)
      tickets.delete(ticket)
      if (one) running.get(one.call)?.fetch.connected(one.provider, peer, code)
    },
    responded: (call, from, outcome) => running.get(call)?.fetch.responded(from, outcome),
    cancel(call) {
      const one = running.get(call)
      if (!one) return
      one.fetch.cancel()
      remove(call)
    },
    again() {
      for (const { fetch } of running.values()) fetch.again()
    },
    close() {
      for (const { fetch } of running.values()) fetch.cancel()
      running.clear()
    },
    get size() {
      return running.size
    },
  }
}
