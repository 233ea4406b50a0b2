/**
 * @module testing/sim/transport
 * The transport of one node in a simulated network: `sim://host:port`, duplex links made of memory pipes. Not here: what a link is like
 * (`network.ts`).
 */
import { crc32 } from 'node:zlib'
import type { Timer } from '../../clock.ts'
import { MyDhtError } from '../../errors.ts'
import { tryParseAddress } from '../../identity/address.ts'
import { createLink, type MemoryEnd } from '../../transports/memory-link.ts'
import type { PipeSetup } from '../../transports/memory-pipe.ts'
import type { OutgoingLink, ReadStream, Transport, TransportParts } from '../../transports/transport.ts'
import type { Host, Wires } from './network.ts'

/** Who listens on a port. */
export interface Listener {
  hasRoom(): boolean
  accept(end: MemoryEnd, number: number, from: Host): void
}

/** One end of a link that is open. */
export interface OpenEnd {
  readonly end: MemoryEnd
}

/** Most bytes of one chunk: what Node gives per read of a socket. */
const chunkBytes = 65_536

/** Makes the transport of one node on `host`. */
export function simTransport(wires: Wires, host: Host, port: number, { clock }: TransportParts): Transport {
  const own = new Set<OpenEnd>()
  const dialling = new Set<(reason: unknown) => void>()
  const closed = new MyDhtError('MYDHT_CLOSED', 'this transport was closed: make a new one')
  let incoming = 0
  let listening = false
  let listener: Listener | undefined
  let closeOnce: Promise<void> | undefined

  const adopt = (end: MemoryEnd, whenDone?: () => void): void => {
    const open = { end }
    own.add(open)
    host.ends.add(open)
    end.onDone(() => {
      own.delete(open)
      host.ends.delete(open)
      whenDone?.()
    })
  }

  const open = (target: Host, targetPort: number, signal: AbortSignal): Promise<OutgoingLink> =>
    new Promise((resolve, reject) => {
      const latencyMs = wires.latencyMs(host, target)
      let opened: MemoryEnd | undefined
      let wait: Timer | undefined
      const settle = (): void => {
        dialling.delete(callOff)
        signal.removeEventListener('abort', onAbort)
      }
      const callOff = (reason: unknown): void => {
        settle()
        wait?.cancel()
        if (opened) opened.drop(undefined)
        else wires.counts.unanswered++
        reject(reason)
      }
      const onAbort = (): void => callOff(signal.reason)
      const refuse = (full: boolean): void => {
        wires.counts.refused++
        wait = clock.after(wires.delayMs(target, host, latencyMs, 0), () => {
          settle()
          reject(refused(target, targetPort, full))
        })
      }
      const arrive = (): void => {
        // Nobody answers: not us, not them. The dialler's own patience ends it.
        if (wires.cut(host, target) || !wires.mayDial(host, target)) return
        const there = target.listeners.get(targetPort)
        if (!there?.hasRoom()) return refuse(there !== undefined)
        const number = wires.nextLink++
        const link = createLink(setupOf(host, target, latencyMs), true, setupOf(target, host, latencyMs))
        opened = link.dialer
        wires.counts.opened++
        wires.log.add(`open ${number} ${host.host}:${port} ${target.host}:${targetPort}`)
        adopt(link.dialer)
        there.accept(link.listener, number, host)
        wait = clock.after(wires.delayMs(target, host, latencyMs, 0), () => {
          settle()
          const { write, read } = link.dialer
          if (write && read) resolve({ write, read: logged(wires, read, `${number} <`), remoteHost: target.host })
        })
      }
      dialling.add(callOff)
      signal.addEventListener('abort', onAbort)
      wait = clock.after(wires.delayMs(host, target, latencyMs, 0), arrive)
    })

  const setupOf = (from: Host, to: Host, latencyMs: number): PipeSetup => ({
    clock,
    delayMs: (bytes) => wires.delayMs(from, to, latencyMs, bytes),
    breaks: () => wires.breaks(),
    held: () => wires.cut(from, to),
    maxBufferedBytes: wires.maxBufferedBytes,
    chunkBytes,
  })

  return {
    scheme: 'sim',
    supports: { duplex: true, blocking: false },
    listen: async (onLink) => {
      if (closeOnce) throw closed
      if (listening) throw new TypeError('this transport listens already: call listen once')
      listening = true
      if (host.listeners.has(port))
        throw new MyDhtError('MYDHT_CONNECT_FAILED', `port ${port} of ${host.host} is in use: give another`)
      listener = {
        hasRoom: () => incoming < wires.maxConnections,
        accept: (end, number, from) => {
          const { read, write } = end
          if (!read) return
          incoming++
          adopt(end, () => {
            incoming--
          })
          onLink({ read: logged(wires, read, `${number} >`), write, remoteHost: from.host })
        },
      }
      host.listeners.set(port, listener)
      return [`sim://${host.host}:${port}`]
    },
    connect: async (address, { signal }) => {
      if (closeOnce) throw closed
      const target = tryParseAddress(address)
      if (target?.scheme !== 'sim' || target.port === undefined || target.id !== undefined) throw badAddress(address)
      signal.throwIfAborted()
      wires.counts.dials++
      wires.log.add(`dial ${host.host}:${port} ${target.link}`)
      const there = wires.find(target.host)
      if (!there) throw new MyDhtError('MYDHT_CONNECT_FAILED', `${address}: the simulated network has no such host`)
      return open(there, target.port, signal)
    },
    close: () => {
      closeOnce ??= new Promise((resolve) => {
        for (const callOff of dialling) callOff(closed)
        if (listener && host.listeners.get(port) === listener) host.listeners.delete(port)
        for (const { end } of own) end.drop(closed)
        // Behind the news of the ends, which were asked for just now.
        clock.soon(resolve)
      })
      return closeOnce
    },
  }
}

/** A stream that writes into the log what it delivers and how it ends. */
function logged({ log, counts }: Wires, stream: ReadStream, name: string): ReadStream {
  return {
    ...stream,
    start(onBytes, onEnd) {
      stream.start(
        (bytes) => {
          counts.chunks++
          counts.bytes += bytes.length
          log.add(`data ${name} ${bytes.length} ${crc32(bytes).toString(16)}`)
          onBytes(bytes)
        },
        (end) => {
          log.add(`${end.type} ${name}`)
          onEnd(end)
        }
      )
    },
  }
}

function refused(target: Host, port: number, full: boolean): MyDhtError {
  const why = full ? 'it has as many links as it takes' : 'nobody listens there'
  return new MyDhtError('MYDHT_CONNECT_FAILED', `cannot connect to sim://${target.host}:${port}: ${why}`)
}

function badAddress(address: string): MyDhtError {
  return new MyDhtError(
    'MYDHT_BAD_ADDRESS',
    `got address '${address.slice(0, 300)}': write sim://host:port with an IP literal`
  )
}
