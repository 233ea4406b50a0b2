/**
 * @module node/dialing
 * Connections on request: by address (our user), by record (an app, a direct answer, a discovery), as a probe, or back along a one-way link. Not here: how a dial goes (`dial-jobs.ts`).
 */
import { MyDhtError, toMyDhtError } from '../errors.ts'
import { parseAddress } from '../identity/address.ts'
import type { PeerId } from '../identity/peer-id.ts'
import type { PeerRef } from '../identity/peer-ref.ts'
import { verifyPeerRecord } from '../identity/peer-record.ts'
import type { Connection } from '../peers/connection.ts'
import type { AppMessage } from '../wire/messages.ts'
import type { DialJob, MainContext, Waiter } from './context.ts'
import { maxDialsPerPeer, maxWaitersPerDial } from './defaults.ts'
import { tryNext } from './dial-jobs.ts'
import { settle } from './waiters.ts'

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
  const underWay = jobToJoin(context, request)
  if (underWay) {
    join(context, underWay, request, waiter)
    return
  }
  const job: DialJob = {
    ...request,
    next: 0,
    tried: [],
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

/** The job that does what is asked for; failing that the last of those for this peer, when strangers have made us start enough of them. */
function jobToJoin(context: MainContext, request: DialRequest): DialJob | undefined {
  let [last, count]: [DialJob | undefined, number] = [undefined, 0]
  for (const job of context.jobs) {
    if (job.probe !== request.probe || job.expected !== request.expected) continue
    if (sameGoal(job, request)) return job
    if (request.cause === undefined || request.expected === undefined) continue
    last = job
    count++
  }
  return count >= maxDialsPerPeer ? last : undefined
}

/** Whether a job does all that is asked for: it tries every address, and what our own user wants is not left to what the dial policy lets others have. */
function sameGoal(job: DialJob, request: DialRequest): boolean {
  return (
    (job.cause === undefined || request.cause !== undefined) &&
    request.addresses.every((address) => job.addresses.includes(address))
  )
}

function join(context: MainContext, job: DialJob, request: DialRequest, waiter: Waiter): void {
  // Whoever made us dial must not make us hoard what waits for it.
  if (request.cause === undefined || job.waiters.length < maxWaitersPerDial) {
    job.waiters.push(waiter)
    return
  }
  const message = `${job.waiters.length} wait for this dial already`
  settle(context, waiter, undefined, new MyDhtError('MYDHT_BUSY', message))
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
