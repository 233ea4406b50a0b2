/**
 * @module node/closing
 * The end of a connection: in order (both directions say `end`), after a handshake that came to nothing, or at once.
 */
import { MyDhtError, type ErrorCode } from '../errors.ts'
import type { PeerRef } from '../identity/peer-ref.ts'
import { offer, type Connection } from '../peers/connection.ts'
import type { Ended, Handle } from '../service/handle.ts'
import type { WriteCommand } from '../peers/write-service.ts'
import type { StreamEnd } from '../transports/transport.ts'
import type { AppMessage, WireMessage } from '../wire/messages.ts'
import type { MainContext } from './context.ts'
import { giveBackAll } from './delivery.ts'
import { surely } from './later.ts'
import { jobFailed, jobOf } from './dial-jobs.ts'
import { leave, leftFor } from './presence.ts'

/** Ends our direction in order, after what is queued; the connection closes when the other direction has ended too, or at its deadline. */
export function drain(context: MainContext, connection: Connection, code: string): void {
  if (connection.phase === 'closed' || connection.ending) return
  connection.ending = true
  connection.phase = 'draining'
  connection.closeCode = code
  connection.drainByMs = context.parts.clock.monotonicMs() + context.init.limits.closeMs
  leave(context, connection)
  if (connection.remoteEnded) leftFor(context, connection, code)
  sendEnd(context, connection)
}

/** Queues our `end` behind what waits; a full writer is asked again when it has room. */
export function sendEnd(context: MainContext, connection: Connection): void {
  const { writer, closeCode } = connection
  if (connection.phase === 'closed' || writer?.send({ type: 'end', code: closeCode })) return
  if (writer?.state !== 'running') {
    closeConnection(context, connection, closeCode)
    return
  }
  const again = (): void => surely(context, { type: 'end-again', connection })
  writer.drained(new AbortController().signal).then(again, again)
}

/** Ends the connection to a peer in order. False: there is none. */
export function disconnect(context: MainContext, id: PeerRef['id']): boolean {
  const connection = context.peers.get(id)
  if (!connection) return false
  drain(context, connection, '')
  return true
}

/** The reason of a connection that ends because another one to the same peer stays. */
export const duplicate = 'duplicate'

/** The other side has ended a connection: so do we. `code` is its word for why. */
export function leaveToo(context: MainContext, connection: Connection, code: string): void {
  leave(context, connection)
  leftFor(context, connection, connection.closeCode || theirWord(code))
  drain(context, connection, '')
  finishIfDone(context, connection)
}

/**
 * Whether another connection to the same peer waits only for the other side's `ready`. Whoever ends a duplicate has said `ready` on the one that stays; two
 * links have no common order, so the end may come first, and the peer is not away in between.
 */
export function hasSuccessor(context: MainContext, { peer }: Connection): boolean {
  if (!peer) return false
  for (const other of context.connections.values())
    if (other.phase === 'proven' && other.accepted && other.peer?.id === peer.id) return true
  return false
}

/** The connection that was to take over came to nothing. */
function endHandOver(context: MainContext, { peer }: Connection): void {
  const waiting = peer && context.peers.get(peer.id)
  if (waiting?.handsOver && !hasSuccessor(context, waiting)) leaveToo(context, waiting, duplicate)
}

/** What the other side says of its reasons is marked as its word: it must not pass for a code of ours. */
function theirWord(code: string): string {
  return code === '' ? '' : `remote:${code}`
}

/** Closes a connection whose two directions have both ended in order. */
export function finishIfDone(context: MainContext, connection: Connection): void {
  if (connection.ended && connection.remoteEnded) closeConnection(context, connection, connection.closeCode)
}

/** A handshake came to nothing: what was written last (a refusal, perhaps) still leaves; then the link goes. */
export function finishRaw(context: MainContext, connection: Connection): void {
  connection.phase = 'draining'
  connection.ending = true
  connection.early = []
  connection.drainByMs = context.parts.clock.monotonicMs() + context.init.limits.closeMs
  connection.write?.end()
  if (!connection.write) closeConnection(context, connection, '')
}

/** The read direction is over: in order only after an `end`. */
export function onReadEnded(context: MainContext, connection: Connection, end: StreamEnd): void {
  if (connection.phase === 'closed') return
  connection.readOver = true
  if (connection.reader) offer(connection, { type: 'eof', lost: end.type === 'lost' }, context.pump)
  else if (connection.phase === 'draining') finishRawIfDone(context, connection)
  else context.auth.send({ type: 'ended', link: connection.id, lost: end.type === 'lost' })
}

/** A handshake that came to nothing leaves when nothing moves on its link any more. */
function finishRawIfDone(context: MainContext, connection: Connection): void {
  if (connection.readOver && connection.writeOver) closeConnection(context, connection, connection.closeCode)
}

/** The write direction is over; unless we ended it ourselves, so is the connection. */
export function onWriteClosed(context: MainContext, connection: Connection, end: StreamEnd): void {
  if (connection.phase === 'closed') return
  connection.writeOver = true
  if (connection.phase === 'draining' && !connection.reader) finishRawIfDone(context, connection)
  if (end.type === 'ended' || connection.ended) return
  // On a duplex link the read direction is lost too and says more of why; of two one-way links only this one knows.
  if (connection.reader && !connection.remoteEnded && !connection.oneWay) return
  closeConnection(context, connection, 'MYDHT_CONNECTION_CLOSED')
}

/** The job that a connection was opened for must try its next address. */
export function failJob(context: MainContext, connection: Connection, error: MyDhtError): void {
  const job = jobOf(context, connection)
  if (job) jobFailed(context, job, connection.dialled ?? '', error)
}

/** Counts, logs and tells that a connection came to nothing. */
export function reportFailure(context: MainContext, connection: Connection, code: string): void {
  context.counters.failedConnections++
  // The other side's own words are no names for counters: it could invent any number of them.
  countIn(context.counters.failedByCode, code.startsWith('MYDHT_') ? code : 'other')
  context.parts.log('debug', 'connection-failed', { host: connection.remoteHost, incoming: connection.incoming, code })
  context.emit({
    type: 'event',
    event: { type: 'connection-failed', remoteHost: connection.remoteHost, incoming: connection.incoming, code },
  })
}

/** Closes a connection now. What its writer still held goes back to the apps; whoever waited for it is told. `code` '' is in good order. */
export function closeConnection(context: MainContext, connection: Connection, code: string, detail = ''): void {
  if (connection.phase === 'closed') return
  const before = connection.phase
  connection.phase = 'closed'
  context.connections.delete(connection.id)
  connection.release()
  if (connection.peer) context.refs.drop(connection.peer.id)
  context.auth.send({ type: 'drop', link: connection.id })
  connection.abortReturn?.abort(new MyDhtError('MYDHT_CLOSED', 'the connection that needed this link is closed'))
  connection.read?.close()
  connection.write?.close()
  connection.early = []
  connection.backlog = []
  if (connection.reader) void awaitEnd(context, connection.reader)
  const written = connection.writer && awaitEnd(context, connection.writer)
  void written?.then((ended) => {
    const { peer } = connection
    if (!peer) return
    // Oldest first: what waited inside the service, then what waited for it.
    const unsent = [
      ...(ended.saved ?? []).filter(isAppMessage),
      ...ended.notSent.flatMap((command) => messageOf(command)),
    ]
    giveBackAll(context, peer, unsent)
  })
  for (const local of connection.locals.values()) void awaitEnd(context, local)
  leave(context, connection)
  leftFor(context, connection, code)
  if (before === 'handshake' || before === 'proven') reportFailure(context, connection, code)
  endHandOver(context, connection)
  if (detail) context.parts.log('debug', 'connection-closed', { host: connection.remoteHost, code, detail })
  const job = jobOf(context, connection)
  if (job) jobFailed(context, job, connection.dialled ?? '', errorOf(code, detail))
  if (context.closing && context.connections.size === 0) context.parts.self({ type: 'drained' })
}

/** Closes a service of a connection; the node is not closed before it has ended. */
function awaitEnd<Command, Saved>(
  context: MainContext,
  handle: Handle<Command, unknown, Saved>
): Promise<Ended<Command, Saved>> {
  const ending = handle.close()
  context.ending.add(ending)
  void ending.then(() => context.ending.delete(ending))
  return ending
}

function errorOf(code: string, detail: string): MyDhtError {
  const known = code.startsWith('MYDHT_') ? (code as ErrorCode) : 'MYDHT_CONNECTION_CLOSED'
  return new MyDhtError(
    known,
    detail || `the connection closed before it was ready (${code || 'no reason given'}): try again`
  )
}

function messageOf(command: WriteCommand): readonly AppMessage[] {
  return command.type === 'message' && isAppMessage(command.message) ? [command.message] : []
}

/** Whether a message belongs to an app, and so has somebody to come back to. */
export function isAppMessage(message: WireMessage): message is AppMessage {
  return 'app' in message
}

/** Counts one more under a name of ours. */
export function countIn(counts: Record<string, number>, name: string): void {
  counts[name] = (counts[name] ?? 0) + 1
}
