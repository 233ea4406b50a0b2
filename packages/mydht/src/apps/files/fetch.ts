/**
 * @module apps/files/fetch
 * One file on its way to us: which provider next, its manifest, then its chunks in order, each verified before it is written. A state machine
 * without I/O of its own. Not here: what it is told and what it does to the world
 * (`fetch-contract.ts`), the table of fetches (`fetches.ts`), and the file (`disk/part-file.ts`).
 */
import { memorySink } from '../../attachments/body.ts'
import type { Outcome } from '../../attachments/promises.ts'
import { MyDhtError, type ErrorCode } from '../../errors.ts'
import type { PeerId } from '../../identity/peer-id.ts'
import type { PeerRef } from '../../identity/peer-ref.ts'
import { refusalOf } from '../requests.ts'
import { createChunkSink } from './chunk-sink.ts'
import * as defaults from './defaults.ts'
import { openPart, type PartFile } from './disk/part-file.ts'
import { decodeManifest, fileIdOf, maxManifestBytes, type Manifest } from './manifest.ts'
import { encodeRequest } from './messages.ts'
import type { Fetch, FetchOutput, Provider } from './fetch-contract.ts'
import type { FetchCall } from './protocol.ts'
import { safeName } from './safe-name.ts'

/** Starts a fetch. `into`: the folder; a sink of one stream at a time gives what it has verified to the part file. */
export function createFetch(call: FetchCall, into: string, output: FetchOutput): Fetch {
  const { attachments, clock, promises } = output
  let waiting: Provider[] = []
  const tried = new Set<PeerId>()
  const dialledAgain = new Set<PeerId>()
  let busy: Provider[] = []
  let current: { readonly provider: Provider; peer: PeerRef | undefined; stream: number } | undefined
  let manifest: Manifest | undefined
  let part: PartFile | undefined
  let doneBytes = 0
  let resumedBytes = 0
  let asking = true
  let movedMs = clock.monotonicMs()
  let sinceMs = movedMs
  let movedSinceAsk = false
  /** The last question brought somebody who was not known. */
  let newSinceAsk = false
  let retryAtMs: number | undefined
  let last: readonly [ErrorCode, string] = [
    'MYDHT_NOT_FOUND',
    `nobody was found who has ${call.id}: raise hops, or connect to peers that share it`,
  ]
  /** All bytes are there: the file is being made durable and named. */
  let finishing = false
  let over = false

  const close = (): void => {
    over = true
    if (current?.peer && current.stream !== 0) attachments.cancel(current.peer, current.stream, 'MYDHT_CLOSED')
    current = undefined
    part?.close().catch(() => {})
  }
  const fail = (code: ErrorCode, message: string): void => {
    if (over) return
    close()
    output.failed(code, message)
  }
  const failWith = (error: unknown, what: string): void =>
    MyDhtError.is(error)
      ? fail(error.code, error.message)
      : fail('MYDHT_BAD_FILE', `${what}: ${error instanceof Error ? error.message : String(error)}`)

  const ask = (): void => {
    movedSinceAsk = false
    newSinceAsk = false
    asking = true
    output.ask(tried.size)
  }
  /** To the next provider; the current one is done with. */
  const next = (): void => {
    if (over) return
    current = undefined
    const provider = waiting.shift()
    if (provider) {
      current = { provider, peer: undefined, stream: 0 }
      sinceMs = clock.monotonicMs()
      return output.connect(provider, false)
    }
    if (asking || retryAtMs !== undefined) return
    // Who helped us on may do so again, and others may have come.
    if (movedSinceAsk) {
      tried.clear()
      dialledAgain.clear()
      return ask()
    }
    // Those who say that they have it and do not may stand before those who do.
    if (busy.length === 0 && newSinceAsk && tried.size < defaults.maxProviders) return ask()
    if (busy.length === 0) return fail(...last)
    if (clock.monotonicMs() - movedMs >= defaults.stallMs) {
      return fail(
        'MYDHT_TIMEOUT',
        `all ${busy.length} providers of ${call.id} have been busy for ${defaults.stallMs} ms: try again later`
      )
    }
    retryAtMs = clock.monotonicMs() + defaults.busyRetryMs
    output.wake(defaults.busyRetryMs)
  }
  const lose = (code: ErrorCode, message: string): void => {
    last = [code, message]
    next()
  }
  const lie = (provider: Provider, what: string): void => {
    output.corrupt(provider.id)
    lose(
      'MYDHT_BAD_FILE',
      `${provider.id} sent ${what} that is not what its hash says: its copy has changed, or it lies`
    )
  }

  /** Asks the current provider for what comes next. */
  const goOn = (): void => {
    if (over || !current?.peer) return
    current.stream = 0
    if (manifest && !part) return
    if (manifest && doneBytes === manifest.bytes) return finish()
    const body = manifest
      ? encodeRequest({ type: 'range', id: call.id, offset: doneBytes, length: rangeLength(manifest) })
      : encodeRequest({ type: 'manifest', id: call.id })
    if (!output.request(current.peer, body))
      fail('MYDHT_BUSY', 'too many requests wait for their answers: fetch fewer files at a time')
  }
  const rangeLength = (of: Manifest): number => Math.min(of.bytes - doneBytes, defaults.maxRangeBytes)

  const takeManifest = (provider: Provider, bytes: Uint8Array): void => {
    const decoded = decodeManifest(bytes)
    if (fileIdOf(bytes) !== call.id || !decoded.ok) return lie(provider, 'a manifest')
    const got = decoded.value
    if (call.maxBytes !== undefined && got.bytes > call.maxBytes) {
      return fail(
        'MYDHT_LIMIT',
        `${call.id} has ${got.bytes} bytes, more than maxBytes ${call.maxBytes}: raise it, or let the file be`
      )
    }
    manifest = got
    promises.watch(openPart(into, call.id, got), (outcome) => opened(outcome, got))
  }
  const opened = (outcome: Outcome<PartFile>, of: Manifest): void => {
    if (!outcome.ok) return failWith(outcome.error, `cannot write to ${into}`)
    if (over) return void outcome.value.close().catch(() => {})
    part = outcome.value
    doneBytes = Math.min(part.chunks * of.chunkBytes, of.bytes)
    resumedBytes = doneBytes
    movedMs = clock.monotonicMs()
    // The provider may be lost by now: then the next one goes on here.
    if (current?.peer) goOn()
  }

  const moved = (bytes: number): void => {
    const before = doneBytes
    doneBytes += bytes
    movedMs = clock.monotonicMs()
    movedSinceAsk = true
    if (!call.progress || !current || !manifest) return
    // A hundred words for a file, however long it is.
    const step = Math.max(1, manifest.bytes / 100)
    if (Math.floor(before / step) === Math.floor(doneBytes / step)) return
    output.progress({ bytes: doneBytes, size: manifest.bytes, from: current.provider.id })
  }

  const finish = (): void => {
    if (!part || !manifest || !current) return
    const { provider } = current
    const bytes = manifest.bytes
    finishing = true
    promises.watch(part.finish(safeName(call.name ?? provider.name, call.id)), (outcome) => {
      if (over) return
      if (!outcome.ok) return failWith(outcome.error, `cannot finish ${call.id} in ${into}`)
      over = true
      output.done({ path: outcome.value, bytes, from: provider.id, hops: provider.hops, resumedBytes })
    })
  }

  const takeStream = (from: PeerRef, provider: Provider, stream: number, streamBytes: number): void => {
    const mine = { provider, peer: from, stream }
    const lost = (code: string): void =>
      lose('MYDHT_CONNECTION_CLOSED', `${provider.id} stopped sending (${code}): fetch again to go on from there`)
    const refuse = (): void =>
      lose('MYDHT_BAD_MESSAGE', `${provider.id} announced ${streamBytes} bytes, which is not what was asked for`)
    if (!manifest) {
      if (streamBytes > maxManifestBytes) return refuse()
      const sink = memorySink(streamBytes, (bytes, outcome) => {
        if (over || current !== mine) return
        if (bytes) takeManifest(provider, bytes)
        else lost(outcome.ok ? '' : outcome.code)
      })
      current = mine
      if (!attachments.expect(from, stream, streamBytes, sink)) refuse()
      return
    }
    if (!part || streamBytes !== rangeLength(manifest)) return refuse()
    const sink = createChunkSink(manifest, doneBytes, part, {
      written: (bytes) => {
        if (!over) moved(bytes)
      },
      ended(outcome, why) {
        if (over || current !== mine) return
        if (why?.type === 'corrupt') lie(provider, 'a chunk')
        else if (why) failWith(why.error, `cannot write to ${into}`)
        else if (outcome.ok) goOn()
        else lost(outcome.code)
      },
    })
    current = mine
    if (!attachments.expect(from, stream, streamBytes, sink)) refuse()
  }

  output.wake(defaults.stallMs / 4)

  return {
    provider(provider) {
      if (over || tried.has(provider.id) || tried.size >= defaults.maxProviders) return
      tried.add(provider.id)
      newSinceAsk = true
      waiting.push(provider)
      if (!current) next()
    },
    asked(isBusy) {
      asking = false
      if (isBusy)
        last = [
          'MYDHT_BUSY',
          'too many queries are under way here: await some of them first, or raise limits.maxPending',
        ]
      if (!current) next()
    },
    connected(provider, peer, code) {
      // Late, where we have gone on to the next.
      if (over || current?.provider !== provider) return
      if (!peer) return lose(code ?? 'MYDHT_CONNECT_FAILED', noConnection(current.provider.id, code))
      current.peer = peer
      goOn()
    },
    responded(from, outcome) {
      if (over || !current) return
      const { provider } = current
      if (outcome.type === 'failed') {
        // Nothing was sent: a connection that nobody needed was ended just now. There is another way to it.
        if (outcome.code === 'MYDHT_NOT_CONNECTED' && !dialledAgain.has(provider.id)) {
          dialledAgain.add(provider.id)
          current = { provider, peer: undefined, stream: 0 }
          return output.connect(provider, true)
        }
        if (outcome.code === 'MYDHT_BUSY') busy.push(provider)
        return lose(outcome.code, outcome.message)
      }
      const { status, stream, streamBytes } = outcome.response
      if (status === 'ok') return takeStream(from, provider, stream, streamBytes)
      if (status === 'busy') busy.push(provider)
      lose(...refusalOf(provider.id, status))
    },
    again() {
      if (over) return
      output.wake(defaults.stallMs / 4)
      const nowMs = clock.monotonicMs()
      // While our own disk works, nobody else is too slow.
      const isOurs = (manifest && !part) || finishing
      if (current && !isOurs && nowMs - Math.max(movedMs, sinceMs) >= defaults.stallMs) {
        const { provider, peer, stream } = current
        if (peer && stream !== 0) attachments.cancel(peer, stream, 'MYDHT_TIMEOUT')
        lose('MYDHT_TIMEOUT', `${provider.id} sent no whole chunk within ${defaults.stallMs} ms: it is too slow`)
        return
      }
      if (retryAtMs === undefined || nowMs < retryAtMs) return
      retryAtMs = undefined
      waiting = busy
      busy = []
      if (!current) next()
    },
    cancel() {
      if (!over) close()
    },
  }
}

/** Why a provider could not be reached: our own limits are no news about it. */
function noConnection(provider: PeerId, code: ErrorCode | undefined): string {
  return code === 'MYDHT_LIMIT'
    ? `${provider} has the file, but our own limits keep us from dialling it now: wait a minute, or raise limits.maxConnections or limits.maxDialsPerCause`
    : `cannot connect to ${provider}, who has the file: it may be gone`
}
