/**
 * @module peers/connection
 * One connection as the main loop keeps it: its streams, the services that work on them, and the pump between. The thread that owns the
 * socket pumps bytes; what they mean is the services' business.
 */
import type { PeerRef } from '../identity/peer-ref.ts'
import type { PeerId } from '../identity/peer-id.ts'
import type { Destination, Handle } from '../service/handle.ts'
import type { AppMessage } from '../wire/messages.ts'
import type { ReadStream, StreamEnd, WriteStream } from '../transports/transport.ts'
import { defaultMaxFreeSlabs, maxCopiedBytes } from '../wire/defaults.ts'
import { slabs } from '../wire/slab.ts'
import type { ReadCommand } from './read-service.ts'
import type { Unwritten, WriteCommand, WriteEvent } from './write-service.ts'

/**
 * `handshake`: bytes go to the auth service. `proven`: ids are proved, `ready` is awaited. `online`: both sides accepted.
 * `draining`: our direction has ended or is ending, the other may still flow. `closed`: nothing follows.
 */
export type Phase = 'handshake' | 'proven' | 'online' | 'draining' | 'closed'

/** A connection's state. Owned and changed by the main loop alone. */
export interface Connection {
  readonly id: number
  readonly incoming: boolean
  readonly remoteHost: string
  /** The address that we dialled; undefined when incoming. */
  readonly dialled: string | undefined
  readonly probe: boolean
  phase: Phase
  /** Who we want it to be. */
  expected: PeerId | undefined
  read: ReadStream | undefined
  write: WriteStream | undefined
  reader: Handle<ReadCommand, unknown> | undefined
  writer: Handle<WriteCommand, unknown, Unwritten> | undefined
  readonly locals: Map<string, Handle<{ readonly type: 'message'; readonly message: AppMessage }, unknown>>
  peer: PeerRef | undefined
  record: Uint8Array | undefined
  /** Apps that the other side runs. */
  apps: readonly string[]
  priority: number
  /** Our verdict was yes, and our `ready` is on its way. */
  accepted: boolean
  /** Their `ready` said yes. */
  remoteAccepted: boolean
  /** Their direction has ended in order. */
  remoteEnded: boolean
  /** They ended it for another connection, which is not online here yet: until it is, we send on this one. */
  handsOver: boolean
  /** No more bytes come; no more can be written. */
  readOver: boolean
  writeOver: boolean
  /** Our direction has ended in order: the last record is in the socket. */
  ended: boolean
  /** Our `end` is on its way. */
  ending: boolean
  /** When to dial it back to see whether its address is true. */
  probeAtMs: number
  /** The other end has dialled us back to see whether our address is true. */
  probedUs: boolean
  /** Monotonic milliseconds. */
  readonly startedMs: number
  provenMs: number
  heardMs: number
  sentMs: number
  /** When a drain must be over. */
  drainByMs: number
  pingNonce: number
  pingedMs: number | undefined
  /** Ends the dial of the way back of a one-way link. */
  abortReturn: AbortController | undefined
  /** Where an incoming return link's bytes go. */
  adopted: Connection | undefined
  /** Takes it out of the counts of open connections. */
  readonly release: () => void
  bytesIn: number
  bytesOut: number
  /** Messages of apps, in and out; how many there were when somebody last looked, and when that was in monotonic milliseconds. */
  uses: number
  usesSeen: number
  usedMs: number
  /** The program asked for it: it is not ended for being idle. */
  kept: boolean
  /** Writes that the socket has not sent yet, each a slab or what was copied out of one. */
  slabsOut: number
  wakeWriter: (() => void) | undefined
  /** Chunks given to the auth service, kept until it says how much of them the handshake took. */
  early: Uint8Array[]
  /** What the read service had no room for: chunks, perhaps the end behind them. */
  backlog: ReadCommand[]
  /** It is made of two one-way links: losing one does not lose the other. */
  oneWay: boolean
  /** Apps that met a full queue and wait for `writable`. */
  readonly waiting: Set<string>
  closeCode: string
}

/** What a connection starts from. */
export interface ConnectionStart {
  readonly id: number
  readonly incoming: boolean
  readonly remoteHost: string
  readonly dialled: string | undefined
  readonly probe: boolean
  readonly expected: PeerId | undefined
  readonly read: ReadStream | undefined
  readonly write: WriteStream | undefined
  readonly nowMs: number
  readonly release: () => void
}

/** A connection in its first phase. */
export function createConnection(start: ConnectionStart): Connection {
  return {
    id: start.id,
    incoming: start.incoming,
    remoteHost: start.remoteHost,
    dialled: start.dialled,
    probe: start.probe,
    phase: 'handshake',
    expected: start.expected,
    read: start.read,
    write: start.write,
    reader: undefined,
    writer: undefined,
    locals: new Map(),
    peer: undefined,
    record: undefined,
    apps: [],
    priority: 0,
    accepted: false,
    remoteAccepted: false,
    remoteEnded: false,
    handsOver: false,
    readOver: false,
    writeOver: false,
    ended: false,
    ending: false,
    probeAtMs: Infinity,
    probedUs: false,
    startedMs: start.nowMs,
    provenMs: 0,
    heardMs: start.nowMs,
    sentMs: start.nowMs,
    drainByMs: Infinity,
    pingNonce: 0,
    pingedMs: undefined,
    abortReturn: undefined,
    adopted: undefined,
    release: start.release,
    bytesIn: 0,
    bytesOut: 0,
    uses: 0,
    usesSeen: 0,
    usedMs: start.nowMs,
    kept: false,
    slabsOut: 0,
    wakeWriter: undefined,
    early: [],
    backlog: [],
    oneWay: false,
    waiting: new Set(),
    closeCode: '',
  }
}

/** What the pump tells the main loop and asks of it. */
export interface PumpParts {
  readonly nowMs: () => number
  readonly maxSlabs: number
  /** Bytes that may come before the read service is there. */
  readonly maxEarlyBytes: number
  /** Bytes of the handshake: for the auth service. False: it has no room. */
  readonly handshakeBytes: (connection: Connection, bytes: Uint8Array) => boolean
  readonly readEnded: (connection: Connection, end: StreamEnd) => void
  readonly overrun: (connection: Connection) => void
  /** Events of the write service other than bytes. */
  readonly writeEvent: (connection: Connection, event: Exclude<WriteEvent, { readonly type: 'bytes' }>) => void
}

/** Starts to pump what arrives: to the auth service first, to the read service once there is one. */
export function pumpIn(opened: Connection, stream: ReadStream, parts: PumpParts): void {
  stream.start(
    (bytes) => {
      const connection = opened.adopted ?? opened
      if (connection.phase === 'closed' || (connection.phase === 'draining' && !connection.reader)) return
      connection.heardMs = parts.nowMs()
      connection.bytesIn += bytes.length
      if (connection.reader) {
        offer(connection, { type: 'bytes', bytes }, parts)
      } else {
        connection.early.push(bytes)
        // A handshake is short: this much comes only while the auth service is behind, from somebody who does not wait for our answers.
        const tooMuch = connection.bytesIn > parts.maxEarlyBytes
        if (tooMuch || !parts.handshakeBytes(connection, bytes)) parts.overrun(connection)
      }
    },
    (end) => parts.readEnded(opened.adopted ?? opened, end)
  )
}

/** Gives bytes, or their end, to the read service; where it is full, stops the stream and tries again when it has drained. */
export function offer(connection: Connection, command: ReadCommand, parts: PumpParts): void {
  if (connection.backlog.length > 0 || !connection.reader?.send(command)) {
    connection.backlog.push(command)
    if (connection.backlog.length === 1) refill(connection, parts)
  }
}

function refill(connection: Connection, parts: PumpParts): void {
  connection.read?.pause()
  const reader = connection.reader
  if (!reader) return
  const again = (): void => {
    while (connection.backlog.length > 0) {
      const next = connection.backlog[0]
      if (next === undefined || connection.phase === 'closed') break
      if (!reader.send(next)) {
        refill(connection, parts)
        return
      }
      connection.backlog.shift()
    }
    connection.read?.resume()
  }
  reader.drained(new AbortController().signal).then(again, () => parts.overrun(connection))
}

/** Slabs of this thread that sockets have and will give back. */
let slabsLent = 0

/** Where the write service's events go: bytes to the socket, at most `maxSlabs` at a time, the rest to the main loop. */
export function pumpOut(connection: Connection, parts: PumpParts): Destination<WriteEvent> {
  const onSent = (slab: Uint8Array | undefined): ((sent: boolean) => void) => {
    if (slab !== undefined) slabsLent++
    return () => {
      connection.slabsOut--
      if (slab !== undefined) {
        slabsLent--
        slabs.give(slab)
      }
      const wake = connection.wakeWriter
      connection.wakeWriter = undefined
      wake?.()
    }
  }
  return {
    send(event) {
      if (event.type !== 'bytes') {
        parts.writeEvent(connection, event)
        return true
      }
      if (connection.slabsOut >= parts.maxSlabs) return false
      connection.slabsOut++
      connection.bytesOut += event.bytes.length
      connection.sentMs = parts.nowMs()
      const { bytes, slab } = copiedIfScarce(event)
      if (connection.write && connection.phase !== 'closed') connection.write.write(bytes, onSent(slab))
      else onSent(slab)(false)
      return true
    },
    drained(signal) {
      if (connection.slabsOut < parts.maxSlabs) return Promise.resolve()
      return new Promise((resolve, reject) => {
        const onAbort = (): void => reject(signal.reason)
        signal.addEventListener('abort', onAbort, { once: true })
        connection.wakeWriter = () => {
          signal.removeEventListener('abort', onAbort)
          resolve()
        }
      })
    },
  }
}

/**
 * While sockets have as many slabs as the pool keeps, what is short leaves in memory of its own: a word to each of ten thousand connections, or
 * to those who do not read, would hold a slab for each, 650 MB.
 */
function copiedIfScarce(event: Extract<WriteEvent, { readonly type: 'bytes' }>): typeof event {
  const { bytes, slab } = event
  if (slab === undefined || slabsLent < defaultMaxFreeSlabs || bytes.length > maxCopiedBytes) return event
  const copy = new Uint8Array(bytes)
  slabs.give(slab)
  return { type: 'bytes', bytes: copy, slab: undefined }
}
