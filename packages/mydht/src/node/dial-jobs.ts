/**
 * @module node/dial-jobs
 * A dial under way: it tries its addresses one after the other, where our limits and the dial policy let it; everybody who waits for it is told once. Not here: who asks for one (`dialing.ts`).
 */
import { MyDhtError, toMyDhtError } from '../errors.ts'
import type { PeerRef } from '../identity/peer-ref.ts'
import type { Connection } from '../peers/connection.ts'
import type { DialJob, MainContext } from './context.ts'
import { tellPeerStore } from './delivery.ts'
import { surely } from './later.ts'
import { isLocalAddress } from './local-address.ts'
import { settle } from './waiters.ts'

/** Tries a job's next address, or tells all who wait that there is none. */
export function tryNext(context: MainContext, job: DialJob): void {
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
  if (job.expected && job.tried.length > 0 && !context.closing) {
    tellPeerStore(context, { type: 'unreachable', id: job.expected, tried: job.tried })
    context.route.unreachable?.(job.expected, job.tried)
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

/** Links that are being opened for other jobs. */
function opening(context: MainContext, mine: DialJob): number {
  let count = 0
  for (const job of context.jobs) if (job !== mine && job.connection === undefined) count++
  return count
}

function open(context: MainContext, job: DialJob, address: string): void {
  context.counters.dials++
  job.tried.push(address)
  job.startedMs = context.parts.clock.monotonicMs()
  // One for each address: giving one up must not give up those behind it.
  job.abort = new AbortController()
  // Or the job, and all who wait for it, would wait for ever.
  const failed = (error: MyDhtError): void => surely(context, { type: 'dial-failed', job, address, error })
  context.transport.connect(address, { signal: job.abort.signal }).then(
    (link) => {
      if (context.parts.self({ type: 'dialled', job, address, link })) return
      link.write.close()
      link.read?.close()
      // It did answer: that we are full is nothing against it.
      job.tried.pop()
      failed(new MyDhtError('MYDHT_BUSY', 'the main loop has more to do than fits its queue: try again later'))
    },
    (thrown: unknown) => failed(toMyDhtError(thrown, 'MYDHT_CONNECT_FAILED', `could not connect to ${address}`))
  )
}

/** A job's connection came to nothing: its next address, if any. */
export function jobFailed(context: MainContext, job: DialJob, address: string, error: MyDhtError): void {
  job.lastError = error
  context.policy.failed(address, job.cause)
  tryNext(context, job)
}

/** A peer is online, or proved itself to a probe, which ends that probe only: ends every job that has what it wanted. */
export function jobsReached(context: MainContext, connection: Connection, peer: PeerRef): void {
  const isOnline = context.peers.has(peer.id)
  for (const job of context.jobs) {
    const mine = job.connection === connection.id
    if (!mine && (!isOnline || job.probe || job.expected !== peer.id)) continue
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
