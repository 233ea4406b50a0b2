/**
 * @module node/sessions
 * The life of a connection in the main loop: a link, its handshake, `ready` both ways, online, drained or lost, closed.
 */
import type { AppMessage, WireMessage } from '../wire/messages.ts'
import { concat } from '../bytes.ts'
import { MyDhtError, type ErrorCode } from '../errors.ts'
import { decodePeerRecord } from '../identity/peer-record.ts'
import type { PeerRef } from '../identity/peer-ref.ts'
import type { AuthEvent } from '../peers/auth-service.ts'
import { createConnection, offer, pumpIn, pumpOut, type Connection } from '../peers/connection.ts'
import { linkToDrain, type ProvenConnection } from '../peers/duplicate-connection.ts'
import { read as readService, type ReadEvent } from '../peers/read-service.ts'
import { write as writeService, type WriteCommand, type WriteEvent } from '../peers/write-service.ts'
import type { IncomingLink, OutgoingLink, StreamEnd } from '../transports/transport.ts'
import type { DialJob, MainContext } from './context.ts'
import { awaitWritable, dispatch, tell } from './delivery.ts'
import { giveBackAll, jobFailed, jobOf, jobsReached, tellPeerStore } from './dialing.ts'
import { spawnerOf } from './placement.ts'
import { intoMain, watch } from './spawning.ts'

/** Somebody opened a link to us. */
export function acceptLink(context: MainContext, link: IncomingLink): void {
  const reached = context.closing ? 'closing' : context.admission.reached(link.remoteHost)
  if (reached !== undefined) {
    context.counters.refusedConnections++
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
      if (wanted && app) tell(context, app, { type: 'signed', ticket: wanted.ticket, signature: event.signature })
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
      const { id } = event.peer
      context.counters.probes++
      if (connection.dialled !== undefined) context.policy.succeeded(connection.dialled)
      markReachable(context, id)
      jobsReached(context, connection, event.peer)
      finishRaw(context, connection)
      return
    }
    case 'failed': {
      const error = new MyDhtError(event.code, event.detail)
      if (event.looked && wasDialledBack(context, connection))
        context.parts.log('debug', 'looked-at', { host: connection.remoteHost })
      else reportFailure(context, connection, error.code)
      const job = jobOf(context, connection)
      finishRaw(context, connection)
      if (job) jobFailed(context, job, connection.dialled ?? '', error)
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

/** Moves the stream of an incoming return link to the connection that waited for it. */
function adoptRead(context: MainContext, from: Connection, to: Connection, consumed: number): void {
  to.read = from.read
  to.oneWay = true
  from.adopted = to
  const bytes = unread(from, consumed)
  if (bytes.length === 0) return
  to.early.push(bytes)
  if (!context.pump.handshakeBytes(to, bytes)) context.pump.overrun(to)
}

function dialReturn(context: MainContext, connection: Connection, address: string): void {
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

function onProven(context: MainContext, connection: Connection, event: Extract<AuthEvent, { type: 'proven' }>): void {
  connection.phase = 'proven'
  connection.peer = event.peer
  connection.record = event.record
  connection.provenMs = event.provenAtMs
  const { dialled, expected } = connection
  const itself =
    event.record !== undefined &&
    (expected === event.peer.id || (dialled !== undefined && namesAddress(connection, dialled)))
  if (dialled !== undefined && itself) context.policy.succeeded(dialled)
  const { init, parts } = context
  const common = { shadow: init.shadow, encoding: init.encoding }
  connection.writer = spawnerOf(init.placement, 'write').spawn(
    writeService,
    { ...common, secret: event.send },
    parts,
    pumpOut(connection, context.pump)
  )
  watch(context, connection.writer, 'write', connection)
  connection.reader = spawnerOf(init.placement, 'read').spawn(
    readService,
    {
      ...common,
      secret: event.receive,
      maxMessageBytes: init.limits.maxMessageBytes,
      rest: unread(connection, event.consumed),
    },
    parts,
    intoMain<ReadEvent>(context, (read) => ({ type: 'from-read', connection, event: read }))
  )
  watch(context, connection.reader, 'read', connection)
}

/** What arrived while the handshake ran and does not belong to it. */
function unread(connection: Connection, consumed: number): Uint8Array {
  const rest: Uint8Array[] = []
  let skip = consumed
  for (const bytes of connection.early) {
    if (skip < bytes.length) rest.push(bytes.subarray(skip))
    skip = Math.max(0, skip - bytes.length)
  }
  connection.early = []
  return concat(rest)
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

/** What a read service says. */
export function onReadEvent(context: MainContext, connection: Connection, event: ReadEvent): void {
  if (connection.phase === 'closed') return
  switch (event.type) {
    case 'messages':
      for (const message of event.messages) onMessage(context, connection, message)
      return
    case 'ended':
      connection.remoteEnded = true
      if (!connection.remoteAccepted) {
        const error = new MyDhtError(
          'MYDHT_REFUSED',
          `the other side ended the connection: ${event.code || 'no reason given'}`
        )
        failJob(context, connection, error)
        if (connection.phase === 'proven') reportFailure(context, connection, 'MYDHT_REFUSED')
      }
      leftFor(context, connection, connection.closeCode)
      drain(context, connection, event.code)
      finishIfDone(context, connection)
      return
    case 'failed':
      if (connection.phase === 'draining' && event.code === 'MYDHT_TRUNCATED')
        closeConnection(context, connection, connection.closeCode)
      else closeConnection(context, connection, event.code, event.detail)
  }
}

function onMessage(context: MainContext, connection: Connection, message: WireMessage): void {
  switch (message.type) {
    case 'ready':
      onReady(context, connection, message)
      return
    case 'ping':
      connection.writer?.send({ type: 'message', message: { type: 'pong', nonce: message.nonce } })
      return
    case 'pong':
    case 'end':
      return
    case 'tell':
    case 'request':
    case 'response':
    case 'chunk':
    case 'credit':
    case 'stream-end':
    case 'query':
    case 'answer':
    case 'cancel':
    case 'propagate':
      onAppMessage(context, connection, message)
  }
}

function onAppMessage(context: MainContext, connection: Connection, message: AppMessage): void {
  const { peer } = connection
  if (!peer || !connection.remoteAccepted || !connection.accepted) {
    closeConnection(context, connection, 'MYDHT_BAD_MESSAGE', `'${message.type}' came before ready`)
    return
  }
  // A connection that drains because another one to the same peer won still delivers what was on its way.
  // One that drains because we leave still delivers the answers that are on their way.
  if (context.peers.has(peer.id) || context.leaving.get(peer.id) === connection)
    dispatch(context, connection, peer, message)
}

function onReady(context: MainContext, connection: Connection, ready: Extract<WireMessage, { type: 'ready' }>): void {
  if (connection.remoteAccepted) {
    closeConnection(context, connection, 'MYDHT_BAD_MESSAGE', 'a second ready')
    return
  }
  if (!ready.accepted) {
    failJob(
      context,
      connection,
      new MyDhtError('MYDHT_REFUSED', `the other side refused us: ${ready.code || 'no reason given'}`)
    )
    reportFailure(context, connection, 'MYDHT_REFUSED')
    drain(context, connection, '')
    return
  }
  connection.remoteAccepted = true
  connection.apps = ready.apps
  connection.writer?.send({ type: 'limit', maxMessageBytes: ready.maxMessageBytes })
  goOnline(context, connection)
}

/** Both sides have accepted: recorded, told to route and apps, and to whoever waited for it. */
function goOnline(context: MainContext, connection: Connection): void {
  const { peer } = connection
  if (!peer || !connection.accepted || !connection.remoteAccepted || connection.phase !== 'proven') return
  connection.phase = 'online'
  const older = context.peers.get(peer.id)
  if (older) {
    if (linkToDrain(context.init.self, peer.id, facts(older), facts(connection)) === connection.id) {
      jobsReached(context, connection, peer)
      drain(context, connection, 'duplicate')
      return
    }
    // The other end dialled again although it had a connection: it has lost its side of it, and what was asked there.
    const restarted = connection.incoming && older.provenMs < connection.startedMs
    if (restarted) announceOffline(context, peer, 'replaced')
    context.peers.set(peer.id, connection)
    if (restarted) announceOnline(context, connection, peer)
    drain(context, older, 'duplicate')
  } else {
    const left = context.leaving.get(peer.id)
    if (left) leftFor(context, left, 'replaced')
    context.peers.set(peer.id, connection)
    announceOnline(context, connection, peer)
  }
  if (connection.dialled !== undefined && namesAddress(connection, connection.dialled)) markReachable(context, peer.id)
  else connection.probeAtMs = context.parts.clock.monotonicMs() + context.init.limits.probeDelayMs
  jobsReached(context, connection, peer)
}

function facts(connection: Connection): ProvenConnection {
  return {
    link: connection.id,
    outgoing: !connection.incoming,
    startedAtMs: connection.startedMs,
    provenAtMs: connection.provenMs,
  }
}

function namesAddress(connection: Connection, address: string): boolean {
  const record = connection.record && decodePeerRecord(connection.record)
  return record?.ok === true && record.value.addresses.includes(address)
}

function markReachable(context: MainContext, id: PeerRef['id']): void {
  const peer = context.peers.get(id)?.peer
  if (!peer || context.reachable.has(id)) return
  context.reachable.add(id)
  tellPeerStore(context, { type: 'dialled', id, proven: true })
  for (const app of context.apps.values()) tell(context, app, { type: 'reachable', peer })
  context.emit({ type: 'event', event: { type: 'peer-reachable', peer: id } })
}

function announceOnline(context: MainContext, connection: Connection, peer: PeerRef): void {
  context.route.online(peer)
  context.hosts.set(peer.id, connection.remoteHost)
  for (const app of context.apps.values())
    tell(context, app, { type: 'online', peer, record: connection.record, apps: connection.apps })
  context.emit({ type: 'event', event: { type: 'peer-online', peer: peer.id, incoming: connection.incoming } })
}

function announceOffline(context: MainContext, peer: PeerRef, code: string): void {
  unroute(context, peer)
  for (const app of context.apps.values()) tell(context, app, { type: 'offline', peer })
  context.emit({ type: 'event', event: { type: 'peer-offline', peer: peer.id, code } })
}

function unroute(context: MainContext, peer: PeerRef): void {
  context.reachable.delete(peer.id)
  context.route.offline(peer)
}

/** Nothing more goes to the peer over this connection. Apps are told that it is offline only when nothing more can come from it either. */
function leave(context: MainContext, connection: Connection): void {
  const { peer } = connection
  if (!peer || context.peers.get(peer.id) !== connection) return
  context.peers.delete(peer.id)
  unroute(context, peer)
  context.leaving.set(peer.id, connection)
}

/** The other direction of a connection that we left is over too. */
function leftFor(context: MainContext, connection: Connection, code: string): void {
  const { peer } = connection
  if (!peer || context.leaving.get(peer.id) !== connection) return
  context.leaving.delete(peer.id)
  announceOffline(context, peer, code)
}

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
  const again = (): void => {
    context.parts.self({ type: 'end-again', connection })
  }
  writer.drained(new AbortController().signal).then(again, again)
}

/** What a write service says beside its bytes. */
export function onWriteEvent(
  context: MainContext,
  connection: Connection,
  event: Exclude<WriteEvent, { readonly type: 'bytes' }>
): void {
  switch (event.type) {
    case 'ended':
      connection.ended = true
      connection.write?.end()
      finishIfDone(context, connection)
      return
    case 'undelivered': {
      const { message } = event
      if (!connection.peer || !isAppMessage(message)) return
      context.counters.undelivered++
      const app = context.apps.get(message.app)
      if (app) tell(context, app, { type: 'undelivered', to: connection.peer, message, reason: event.reason })
      if (event.reason === 'full') awaitWritable(context, connection, message.app)
    }
  }
}

/** Whether a message belongs to an app, and so has somebody to come back to. */
function isAppMessage(message: WireMessage): message is AppMessage {
  return 'app' in message
}

function finishIfDone(context: MainContext, connection: Connection): void {
  if (connection.ended && connection.remoteEnded) closeConnection(context, connection, connection.closeCode)
}

/** A handshake came to nothing: what was written last (a refusal, perhaps) still leaves; then the link goes. */
function finishRaw(context: MainContext, connection: Connection): void {
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

function failJob(context: MainContext, connection: Connection, error: MyDhtError): void {
  const job = jobOf(context, connection)
  if (job) jobFailed(context, job, connection.dialled ?? '', error)
}

function reportFailure(context: MainContext, connection: Connection, code: string): void {
  context.counters.failedConnections++
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
  context.auth.send({ type: 'drop', link: connection.id })
  connection.abortReturn?.abort(new MyDhtError('MYDHT_CLOSED', 'the connection that needed this link is closed'))
  connection.read?.close()
  connection.write?.close()
  connection.early = []
  connection.backlog = []
  void connection.reader?.close()
  void connection.writer?.close().then((ended) => {
    const { peer } = connection
    if (!peer) return
    const unsent = ended.notSent.flatMap((command) => messageOf(command))
    giveBackAll(context, peer, unsent)
  })
  for (const local of connection.locals.values()) void local.close()
  leave(context, connection)
  leftFor(context, connection, code)
  if (before === 'handshake' || before === 'proven') reportFailure(context, connection, code)
  if (detail) context.parts.log('debug', 'connection-closed', { host: connection.remoteHost, code, detail })
  const job = jobOf(context, connection)
  if (job) jobFailed(context, job, connection.dialled ?? '', errorOf(code, detail))
  if (context.closing && context.connections.size === 0) context.parts.self({ type: 'drained' })
}

function errorOf(code: string, detail: string): MyDhtError {
  const known = code.startsWith('MYDHT_') ? (code as ErrorCode) : 'MYDHT_CONNECTION_CLOSED'
  return new MyDhtError(
    known,
    detail || `the connection closed before it was ready (${code || 'no reason given'}): try again`
  )
}

function messageOf(command: unknown): readonly AppMessage[] {
  const written = command as WriteCommand
  return written.type === 'message' && isAppMessage(written.message) ? [written.message] : []
}

/** Ends the connection to a peer in order. False: there is none. */
export function disconnect(context: MainContext, id: PeerRef['id']): boolean {
  const connection = context.peers.get(id)
  if (!connection) return false
  drain(context, connection, '')
  return true
}
