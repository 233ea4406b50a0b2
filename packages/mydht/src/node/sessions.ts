/**
 * @module node/sessions
 * From a handshake to an online peer: what the auth service says of a link, its verdict, and both sides' `ready`.
 */
import { MyDhtError } from '../errors.ts'
import { peerRef } from '../identity/peer-ref.ts'
import type { AuthEvent } from '../peers/auth-service.ts'
import { pumpOut, type Connection } from '../peers/connection.ts'
import { isAnew, linkToDrain, type ProvenConnection } from '../peers/duplicate-connection.ts'
import { read as readService, type ReadEvent } from '../peers/read-service.ts'
import { write as writeService } from '../peers/write-service.ts'
import { drain, duplicate, finishRaw, failJob, reportFailure, closeConnection } from './closing.ts'
import type { MainContext } from './context.ts'
import { tell } from './delivery.ts'
import { jobFailed, jobOf, jobsReached } from './dial-jobs.ts'
import { adoptRead, dialReturn, unread } from './links.ts'
import { recordService, spawnerOf } from './placement.ts'
import { announceOnline, announceOffline, isProven, leftFor, markReachable, namesAddress } from './presence.ts'
import { planProbe } from './probing.ts'
import { linkConnection } from './shortcuts.ts'
import { groupOf, intoMain, spawnParts, watch } from './spawning.ts'

/** What the auth service says about one of the links. */
export function onAuthEvent(context: MainContext, event: AuthEvent): void {
  switch (event.type) {
    case 'self':
      // Nobody is to know who we are: an app that does not have our record cannot show it.
      if (context.init.mode === 'anonymous') return
      context.record = event.record
      for (const app of context.apps.values()) tell(context, app, { type: 'self', record: event.record })
      return
    case 'signed': {
      const wanted = context.signs.get(event.ticket)
      context.signs.delete(event.ticket)
      const app = wanted && context.apps.get(wanted.app)
      if (wanted && app) tell(context, app, { type: 'signed', ticket: wanted.event.ticket, signature: event.signature })
      return
    }
    case 'write':
    case 'proven':
    case 'verdict':
    case 'probed':
    case 'failed':
    case 'need-return':
    case 'joined': {
      const connection = context.connections.get(event.link)
      if (connection && connection.phase !== 'closed') onLinkEvent(context, connection, event)
    }
  }
}

type LinkEvent = Exclude<AuthEvent, { readonly type: 'self' | 'signed' }>

function onLinkEvent(context: MainContext, connection: Connection, event: LinkEvent): void {
  switch (event.type) {
    case 'write':
      connection.sentMs = context.parts.clock.monotonicMs()
      connection.bytesOut += event.bytes.length
      connection.write?.write(event.bytes, () => {})
      return
    case 'proven':
      onProven(context, connection, event)
      return
    case 'verdict':
      onVerdict(context, connection, event.accepted, event.priority, event.code)
      return
    case 'probed': {
      const { id } = event
      context.counters.probes++
      if (connection.dialled !== undefined) context.policy.succeeded(connection.dialled)
      if (connection.dialled !== undefined && namesAddress(event.record, connection.dialled))
        markReachable(context, id, event.record, connection)
      jobsReached(context, connection, peerRef(id))
      finishRaw(context, connection)
      return
    }
    case 'failed': {
      if (event.looked && wasDialledBack(context, connection))
        context.parts.log('debug', 'looked-at', { host: connection.remoteHost })
      else reportFailure(context, connection, event.code)
      const job = jobOf(context, connection)
      finishRaw(context, connection)
      if (job) jobFailed(context, job, connection.dialled ?? '', new MyDhtError(event.code, event.detail))
      return
    }
    case 'need-return':
      dialReturn(context, connection, event.address)
      return
    case 'joined': {
      const waiting = context.connections.get(event.to)
      if (waiting && connection.read && !waiting.read) {
        // The incoming link becomes the waiting connection's read side; its bytes go there from now on.
        context.connections.delete(connection.id)
        connection.release()
        adoptRead(context, connection, waiting, event.consumed)
      } else closeConnection(context, connection, 'MYDHT_REFUSED', 'a return link came too late')
    }
  }
}

/**
 * Whether a link that left after message 2 is the probe that one of our peers may send us, once. Others that see us and leave (they expected
 * somebody else, or are curious) are failed connections.
 */
function wasDialledBack(context: MainContext, link: Connection): boolean {
  for (const connection of context.peers.values()) {
    if (connection.probedUs || connection.remoteHost !== link.remoteHost) continue
    connection.probedUs = true
    return true
  }
  return false
}

function onProven(context: MainContext, connection: Connection, event: Extract<AuthEvent, { type: 'proven' }>): void {
  connection.phase = 'proven'
  connection.peer = context.refs.hold(event.id)
  connection.record = event.record
  // By our own clock: that of the auth service may be another thread's.
  connection.provenMs = context.parts.clock.monotonicMs()
  const { dialled, expected } = connection
  const itself =
    event.record !== undefined &&
    (expected === event.id || (dialled !== undefined && namesAddress(connection.record, dialled)))
  if (dialled !== undefined && itself) context.policy.succeeded(dialled)
  const { init } = context
  const common = { shadow: init.shadow, encoding: init.encoding }
  const [reads, writes] = [recordService(init, 'read'), recordService(init, 'write')]
  connection.writer = spawnerOf(init, writes).spawn(
    writeService,
    { ...common, secret: event.send },
    spawnParts(context, writes, groupOf(connection)),
    pumpOut(connection, context.pump)
  )
  watch(context, connection.writer, writes, connection)
  connection.reader = spawnerOf(init, reads).spawn(
    readService,
    {
      ...common,
      peer: connection.peer,
      secret: event.receive,
      maxMessageBytes: init.limits.maxMessageBytes,
      rest: unread(connection, event.consumed),
    },
    spawnParts(context, reads, groupOf(connection)),
    intoMain<ReadEvent>(context, (read) => ({ type: 'from-read', connection, event: read }))
  )
  watch(context, connection.reader, reads, connection)
}

function onVerdict(
  context: MainContext,
  connection: Connection,
  accepted: boolean,
  priority: number,
  code: string
): void {
  connection.accepted = accepted
  connection.priority = priority
  connection.writer?.send({
    type: 'message',
    message: {
      type: 'ready',
      accepted,
      code,
      maxMessageBytes: context.init.limits.maxMessageBytes,
      apps: [...context.apps.keys()],
    },
  })
  if (accepted) {
    goOnline(context, connection)
    return
  }
  failJob(
    context,
    connection,
    new MyDhtError('MYDHT_REFUSED', `our accept hook refused ${connection.peer?.id ?? 'the peer'}: ${code}`)
  )
  reportFailure(context, connection, 'MYDHT_REFUSED')
  drain(context, connection, code)
}

/** Both sides have accepted: recorded, told to route and apps, and to whoever waited for it. */
export function goOnline(context: MainContext, connection: Connection): void {
  const { peer } = connection
  if (!peer || !connection.accepted || !connection.remoteAccepted || connection.phase !== 'proven') return
  connection.phase = 'online'
  const older = context.peers.get(peer.id)
  if (older) {
    const drained = older.handsOver
      ? older.id
      : linkToDrain(context.init.self, peer.id, facts(older), facts(connection))
    if (drained === connection.id) {
      jobsReached(context, connection, peer)
      drain(context, connection, duplicate)
      return
    }
    const anew = !older.handsOver && isAnew(facts(older), facts(connection))
    if (anew) announceOffline(context, peer, 'replaced')
    context.peers.set(peer.id, connection)
    if (anew) announceOnline(context, connection, peer)
    drain(context, older, duplicate)
  } else {
    const left = context.leaving.get(peer.id)
    if (left) leftFor(context, left, 'replaced')
    context.peers.set(peer.id, connection)
    announceOnline(context, connection, peer)
  }
  if (connection.dialled !== undefined && namesAddress(connection.record, connection.dialled))
    markReachable(context, peer.id, connection.record, connection)
  else if (isProven(context, connection)) markReachable(context, peer.id, undefined, connection)
  else planProbe(context, connection)
  jobsReached(context, connection, peer)
  linkConnection(context, connection)
}

function facts(connection: Connection): ProvenConnection {
  return {
    link: connection.id,
    outgoing: !connection.incoming,
    startedAtMs: connection.startedMs,
    provenAtMs: connection.provenMs,
  }
}
