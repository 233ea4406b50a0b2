/**
 * @module node/dialing
 * Connections on request: by address (our user), by record (an app, a direct answer, a discovery), as a probe, or back along a one-way link.
 * A job tries its addresses one after the other; everybody who waits for it is told once.
 */
import type { PeerStoreRequest } from '../apps/peers/protocol.ts'
import { MyDhtError, toMyDhtError, type ErrorCode } from '../errors.ts'
import { hasNamedHosts, parseAddress, tryParseAddress } from '../identity/address.ts'
import { hostScope } from '../identity/host-scope.ts'
import type { PeerId } from '../identity/peer-id.ts'
import type { PeerRef } from '../identity/peer-ref.ts'
import { verifyPeerRecord } from '../identity/peer-record.ts'
import type { Connection } from '../peers/connection.ts'
import type { AppMessage } from '../wire/messages.ts'
import type { DialJob, MainContext, Waiter } from './context.ts'
import { maxWaitersPerDial } from './defaults.ts'
import { deliver, giveBack, tell } from './delivery.ts'

/** Connects to an address that our own user gave. */
export function connectByAddress(context: MainContext, address: string, waiter: Waiter): void {
  let parsed: ReturnType<typeof parseAddress>
  try {
    parsed = parseAddress(address)
  } catch (thrown) {
    settle(context, waiter, undefined, toMyDhtError(thrown, 'MYDHT_BAD_ADDRESS', address))
    return
  }
  if (context.init.mode === 'private' && !parsed.id) {
    const message = `${address} names no PeerId, and this network is private: dial tcp://<PeerId>@host:port`
    settle(context, waiter, undefined, new MyDhtError('MYDHT_WRONG_PEER', message))
    return
  }
  if (parsed.id === context.init.self) {
    settle(
      context,
      waiter,
      undefined,
      new MyDhtError('MYDHT_SELF', `${address} is this node itself: connect to another`)
    )
    return
  }
  dial(context, { addresses: [parsed.link], expected: parsed.id, cause: undefined, probe: false }, waiter)
}

/** Connects to a peer by its signed record; what `cause` made us do is limited by the dial policy. */
export function connectByRecord(
  context: MainContext,
  bytes: Uint8Array,
  cause: PeerId | undefined,
  waiter: Waiter
): void {
  const outcome = verifyPeerRecord(bytes, context.init.network, context.parts.clock.now())
  if (!outcome.ok) {
    settle(
      context,
      waiter,
      undefined,
      new MyDhtError('MYDHT_INVALID_RECORD', `the peer's record is not usable: ${outcome.code}`)
    )
    return
  }
  const { id, addresses } = outcome.record
  if (id === context.init.self) {
    settle(context, waiter, undefined, new MyDhtError('MYDHT_SELF', 'the record is our own: nothing to connect to'))
    return
  }
  dial(context, { addresses, expected: id, cause, probe: false }, waiter)
}

/** What a job is started with. */
interface DialRequest {
  readonly addresses: readonly string[]
  readonly expected: PeerId | undefined
  readonly cause: PeerId | undefined
  readonly probe: boolean
}

/** Starts a job, or joins one under way, or answers at once when the peer is connected. */
export function dial(context: MainContext, request: DialRequest, waiter: Waiter): void {
  const connected = request.probe ? undefined : connectedTo(context, request)
  if (connected?.peer) {
    settle(context, waiter, connected.peer, undefined)
    return
  }
  if (context.closing) {
    settle(context, waiter, undefined, new MyDhtError('MYDHT_CLOSED', 'the node is closing: make a new one'))
    return
  }
  for (const job of context.jobs) {
    if (job.probe !== request.probe || !sameGoal(job, request)) continue
    // Whoever made us dial must not make us hoard what waits for it.
    if (request.cause !== undefined && job.waiters.length >= maxWaitersPerDial) {
      settle(
        context,
        waiter,
        undefined,
        new MyDhtError('MYDHT_BUSY', `${job.waiters.length} wait for this dial already`)
      )
    } else job.waiters.push(waiter)
    return
  }
  const job: DialJob = {
    ...request,
    next: 0,
    tried: false,
    waiters: [waiter],
    abort: new AbortController(),
    connection: undefined,
    startedMs: context.parts.clock.monotonicMs(),
    lastError: undefined,
  }
  context.jobs.add(job)
  tryNext(context, job)
}

function connectedTo(context: MainContext, request: DialRequest): Connection | undefined {
  if (request.expected) return context.peers.get(request.expected)
  for (const connection of context.peers.values()) if (connection.dialled === request.addresses[0]) return connection
  return undefined
}

/** Whether a job does all that is asked for: it tries every address, and what our own user wants is not left to what the dial policy lets others have. */
function sameGoal(job: DialJob, request: DialRequest): boolean {
  if (job.expected !== request.expected) return false
  if (request.cause !== undefined && job.expected !== undefined) return true
  return (
    (job.cause === undefined || request.cause !== undefined) &&
    request.addresses.every((address) => job.addresses.includes(address))
  )
}

/** Tries a job's next address, or tells all who wait that there is none. */
function tryNext(context: MainContext, job: DialJob): void {
  job.connection = undefined
  if (context.closing) job.lastError = new MyDhtError('MYDHT_CLOSED', 'the node is closing: make a new one')
  while (!context.closing && job.next < job.addresses.length) {
    const address = job.addresses[job.next++]
    if (address === undefined) break
    const denied = denial(context, job, address)
    if (denied) {
      job.lastError = denied
      continue
    }
    open(context, job, address)
    return
  }
  context.jobs.delete(job)
  // What our own limits forbade says nothing about the peer.
  if (job.expected && job.tried && !context.closing) {
    tellPeerStore(context, { type: 'dialled', id: job.expected, proven: false })
    context.route.unreachable?.(job.expected)
  }
  const error =
    job.lastError ??
    new MyDhtError('MYDHT_CONNECT_FAILED', 'the peer names no address: it can only be reached while it is connected')
  for (const waiter of job.waiters) settle(context, waiter, undefined, error)
}

function denial(context: MainContext, job: DialJob, address: string): MyDhtError | undefined {
  const open = context.connections.size + opening(context, job)
  if (open >= context.init.limits.maxConnections) {
    return new MyDhtError('MYDHT_LIMIT', `${open} connections are open: close some, or raise limits.maxConnections`)
  }
  if (!context.sealed && !context.init.insecure && !isLocalAddress(address)) {
    const message = `the shadow hides nothing and ${address} is not on this machine: take noise(), or say insecure: true`
    return new MyDhtError('MYDHT_BAD_CONFIG', message)
  }
  if (job.cause === undefined) return undefined
  const through = context.peers.get(job.cause)
  const refusal = context.policy.allow({
    address,
    cause: job.cause,
    causeHost: through?.remoteHost ?? context.hosts.get(job.cause),
  })
  if (refusal === 'ok') return undefined
  context.counters.deniedDials++
  return new MyDhtError('MYDHT_LIMIT', `the dial policy denies ${address}: ${refusal}`)
}

/** Whether an address never leaves this machine. */
export function isLocalAddress(address: string): boolean {
  const target = tryParseAddress(address)
  // `localhost` is always this machine: RFC 6761, section 6.3.
  return (
    target !== undefined &&
    (hasNamedHosts(target.scheme) || target.host === 'localhost' || hostScope(target.host) === 'loopback')
  )
}

/** Links that are being opened for other jobs. */
function opening(context: MainContext, mine: DialJob): number {
  let count = 0
  for (const job of context.jobs) if (job !== mine && job.connection === undefined) count++
  return count
}

function open(context: MainContext, job: DialJob, address: string): void {
  context.counters.dials++
  job.tried = true
  job.startedMs = context.parts.clock.monotonicMs()
  // One for each address: giving one up must not give up those behind it.
  job.abort = new AbortController()
  context.transport.connect(address, { signal: job.abort.signal }).then(
    (link) => {
      if (!context.parts.self({ type: 'dialled', job, address, link })) {
        link.write.close()
        link.read?.close()
      }
    },
    (thrown: unknown) => {
      const error = toMyDhtError(thrown, 'MYDHT_CONNECT_FAILED', `could not connect to ${address}`)
      context.parts.self({ type: 'dial-failed', job, address, error })
    }
  )
}

/** A job's connection came to nothing: its next address, if any. */
export function jobFailed(context: MainContext, job: DialJob, address: string, error: MyDhtError): void {
  job.lastError = error
  context.policy.failed(address, job.cause)
  tryNext(context, job)
}

/** A peer is online (or proved itself to a probe): ends every job that wanted it. */
export function jobsReached(context: MainContext, connection: Connection, peer: PeerRef): void {
  for (const job of context.jobs) {
    const mine = job.connection === connection.id
    if (!mine && (job.probe || job.expected !== peer.id)) continue
    context.jobs.delete(job)
    if (!mine) job.abort.abort(new MyDhtError('MYDHT_CLOSED', 'the peer is connected already'))
    for (const waiter of job.waiters) settle(context, waiter, peer, undefined)
  }
}

/** The job that a connection was opened for. */
export function jobOf(context: MainContext, connection: Connection): DialJob | undefined {
  for (const job of context.jobs) if (job.connection === connection.id) return job
  return undefined
}

/** Tells the peer store what only the main loop knows. */
export function tellPeerStore(context: MainContext, request: PeerStoreRequest): boolean {
  return context.apps.get('peers')?.owed.send(request) ?? false
}

/** Delivers a message to the peer of a record, dialling it where the policy allows. Nobody is told how it went. */
export function sendDirect(
  context: MainContext,
  app: string,
  record: Uint8Array,
  message: AppMessage,
  cause: PeerRef
): void {
  connectByRecord(context, record, cause.id, { type: 'message', app, message })
}

/** Tells one waiter how it went. */
export function settle(
  context: MainContext,
  waiter: Waiter,
  peer: PeerRef | undefined,
  error: MyDhtError | undefined
): void {
  switch (waiter.type) {
    case 'call':
      if (peer) {
        const connection = context.peers.get(peer.id)
        if (connection) connection.kept = true
        context.toApi.send({ type: 'reply', id: waiter.id, value: { id: peer.id }, last: true })
      } else
        context.toApi.send({
          type: 'fail',
          id: waiter.id,
          code: codeOf(error),
          message: error?.message ?? 'no connection',
        })
      return
    case 'app': {
      const app = context.apps.get(waiter.app)
      if (app)
        tell(context, app, { type: 'connected', ticket: waiter.ticket, peer, code: peer ? undefined : codeOf(error) })
      return
    }
    case 'message':
      if (peer) deliver(context, peer, waiter.message)
      else context.counters.undelivered++
      return
    case 'told':
      waiter.tell(peer)
      return
    case 'probe':
      // Our own limits forbade it for now, perhaps because the peer was away before: its address may be true all the same.
      if (error?.code === 'MYDHT_LIMIT')
        waiter.connection.probeAtMs = context.parts.clock.monotonicMs() + context.init.limits.probeRetryMs
      return
    case 'nobody':
  }
}

function codeOf(error: MyDhtError | undefined): ErrorCode {
  return error?.code ?? 'MYDHT_CONNECT_FAILED'
}

/** Reports messages that a closed connection's writer still held. */
export function giveBackAll(context: MainContext, to: PeerRef, messages: readonly AppMessage[]): void {
  for (const message of messages) giveBack(context, to, message, 'offline')
}
