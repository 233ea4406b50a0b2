/**
 * @module node/links
 * Links: opened to us, dialled by us, and the ways back of one-way ones. They end in a handshake, which the auth service holds (`sessions.ts`).
 */
import { concat, noBytes } from '../bytes.ts'
import { MyDhtError } from '../errors.ts'
import { createConnection, pumpIn, type Connection } from '../peers/connection.ts'
import type { IncomingLink, OutgoingLink } from '../transports/transport.ts'
import { closeConnection, countIn } from './closing.ts'
import type { DialJob, MainContext } from './context.ts'
import { jobFailed } from './dial-jobs.ts'

/** Somebody opened a link to us. */
export function acceptLink(context: MainContext, link: IncomingLink): void {
  const reached = context.closing ? 'closing' : context.admission.reached(link.remoteHost)
  if (reached !== undefined) {
    context.counters.refusedConnections++
    countIn(context.counters.refusedByBound, reached)
    context.parts.log('debug', 'link-refused', { host: link.remoteHost, reason: reached })
    link.write?.close()
    link.read.close()
    return
  }
  const connection = createConnection({
    id: context.nextConnection++,
    incoming: true,
    remoteHost: link.remoteHost,
    dialled: undefined,
    probe: false,
    expected: undefined,
    read: link.read,
    write: link.write,
    nowMs: context.parts.clock.monotonicMs(),
    release: context.admission.add(link.remoteHost),
  })
  start(context, connection, link.write !== undefined)
}

/** A link that a job asked for is open. */
export function startDialled(context: MainContext, job: DialJob, address: string, link: OutgoingLink): void {
  // Nobody waits for it any more: the peer came another way meanwhile, or the node is closing.
  if (context.closing || !context.jobs.has(job)) {
    link.write.close()
    link.read?.close()
    if (context.jobs.has(job))
      jobFailed(context, job, address, new MyDhtError('MYDHT_CLOSED', 'the node is closing: make a new one'))
    return
  }
  const connection = createConnection({
    id: context.nextConnection++,
    incoming: false,
    remoteHost: link.remoteHost,
    dialled: address,
    probe: job.probe,
    expected: job.expected,
    read: link.read,
    write: link.write,
    nowMs: context.parts.clock.monotonicMs(),
    release: context.admission.add(link.remoteHost),
  })
  job.connection = connection.id
  start(context, connection, link.read !== undefined)
}

function start(context: MainContext, connection: Connection, duplex: boolean): void {
  context.connections.set(connection.id, connection)
  const begun = context.auth.send({
    type: 'begin',
    link: connection.id,
    role: connection.incoming ? 'responder' : 'initiator',
    expected: connection.expected,
    returnAddress: duplex ? undefined : context.addresses[0],
    duplex,
    remoteHost: connection.remoteHost,
    probe: connection.probe,
  })
  if (!begun) {
    closeConnection(context, connection, 'MYDHT_BUSY', 'the auth service has no room')
    return
  }
  watchStreams(context, connection)
}

function watchStreams(context: MainContext, connection: Connection): void {
  connection.write?.onClosed((end) => {
    context.parts.self({ type: 'write-closed', connection, end })
  })
  if (connection.read) pumpIn(connection, connection.read, context.pump)
}

/** Moves the stream of an incoming return link to the connection that waited for it. */
export function adoptRead(context: MainContext, from: Connection, to: Connection, consumed: number): void {
  to.read = from.read
  to.oneWay = true
  from.adopted = to
  const bytes = unread(from, consumed)
  if (bytes.length === 0) return
  to.early.push(bytes)
  if (!context.pump.handshakeBytes(to, bytes)) context.pump.overrun(to)
}

/** Dials the way back to a peer whose link to us is one-way. */
export function dialReturn(context: MainContext, connection: Connection, address: string): void {
  const abort = new AbortController()
  // Ended by the connection's own deadline (upkeep), or with it.
  connection.abortReturn = abort
  context.transport.connect(address, { signal: abort.signal }).then(
    (link) => {
      if (!context.parts.self({ type: 'return-dialled', connection, link })) link.write.close()
    },
    (thrown: unknown) => {
      const error = new MyDhtError('MYDHT_CONNECT_FAILED', `no link back to ${address}`, { cause: thrown })
      context.parts.self({ type: 'return-failed', connection, error })
    }
  )
}

/** The link back to a one-way dialler is open: it carries our direction. */
export function onReturnDialled(context: MainContext, connection: Connection, link: OutgoingLink): void {
  if (connection.phase !== 'handshake') {
    link.write.close()
    link.read?.close()
    return
  }
  connection.write = link.write
  connection.oneWay = true
  link.write.onClosed((end) => {
    context.parts.self({ type: 'write-closed', connection, end })
  })
  context.auth.send({ type: 'return-open', link: connection.id })
}

/** What arrived while the handshake ran and does not belong to it. */
export function unread(connection: Connection, consumed: number): Uint8Array {
  const rest: Uint8Array[] = []
  let skip = consumed
  for (const bytes of connection.early) {
    if (skip < bytes.length) rest.push(bytes.subarray(skip))
    skip = Math.max(0, skip - bytes.length)
  }
  connection.early = []
  return rest.length === 0 ? noBytes : concat(rest)
}
