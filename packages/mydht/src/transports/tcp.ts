/**
 * @module transports/tcp
 * TCP over Node's sockets: `tcp://host:port`, duplex, IPv4 and IPv6. Not here: encryption (`shadows/`), limits per host and peer (`peers/`).
 */
import { createServer } from 'node:net'
import type { Server, Socket } from 'node:net'
import { networkInterfaces } from 'node:os'
import { MyDhtError } from '../errors.ts'
import { part } from '../part.ts'
import {
  DEFAULT_KEEP_ALIVE_MS,
  DEFAULT_MAX_CONNECTIONS,
  DEFAULT_TCP_BACKLOG,
  DEFAULT_TCP_HOST,
  DEFAULT_TCP_PORT,
} from './defaults.ts'
import { hostsToAdvertise, parseTcpAddress, plainHost, tcpAddress } from './tcp-address.ts'
import { dial } from './tcp-dial.ts'
import type { Dialling, SocketSetup } from './tcp-dial.ts'
import { tcpLink } from './tcp-link.ts'
import type { TcpLink } from './tcp-link.ts'
import type { IncomingLink, Transport, TransportFactory, TransportPart, TransportParts } from './transport.ts'

/** Options of `tcp`. All plain data. */
export interface TcpOptions {
  /** False: a client that nobody connects to. @default true */
  readonly listen?: boolean | undefined
  /**
   * The address to listen on, an IP literal or a name of this machine. `0.0.0.0`: every IPv4 address, `::`: every address.
   * @default '127.0.0.1': reachable from this machine only
   */
  readonly host?: string | undefined
  /** The port to listen on, from 0 to 65535; 0: a free one. @default 0 */
  readonly port?: number | undefined
  /** Addresses to tell others instead of the bound ones, `tcp://host:port`: for a machine behind a router that forwards a port. */
  readonly advertise?: readonly string[] | undefined
  /** Connections that may wait to be accepted. @default 511 */
  readonly backlog?: number | undefined
  /** Incoming links open at once; further ones are closed unread. @default 512 */
  readonly maxConnections?: number | undefined
  /** Silence before the system probes the other machine, in whole seconds; 0: never. @default 60 000 */
  readonly keepAliveMs?: number | undefined
}

/**
 * The TCP transport as a part. Host names in addresses are resolved by the system. Throws MYDHT_BAD_CONFIG when made real with bad options.
 *
 * @example
 * const node = await createNode({ transport: tcp({ host: '0.0.0.0', port: 4000 }), apps: {} })
 */
export const tcp = (options: TcpOptions = {}): TransportPart => part(import.meta.url, 'createTcp', options, createTcp)

/** Makes the TCP transport's factory from its options. Throws MYDHT_BAD_CONFIG. */
export function createTcp(options: TcpOptions = {}): TransportFactory {
  const settings = {
    listen: options.listen ?? true,
    host: options.host ?? DEFAULT_TCP_HOST,
    port: whole('port', options.port ?? DEFAULT_TCP_PORT, 0, 65_535),
    advertise: options.advertise?.map(toAdvertise),
    backlog: whole('backlog', options.backlog ?? DEFAULT_TCP_BACKLOG, 1, 65_535),
    maxConnections: whole('maxConnections', options.maxConnections ?? DEFAULT_MAX_CONNECTIONS, 1, 1_000_000),
    keepAliveMs: whole('keepAliveMs', options.keepAliveMs ?? DEFAULT_KEEP_ALIVE_MS, 0, 7_200_000),
  }
  return (parts) => tcpTransport(settings, parts)
}

interface Settings {
  readonly listen: boolean
  readonly host: string
  readonly port: number
  readonly advertise: readonly string[] | undefined
  readonly backlog: number
  readonly maxConnections: number
  readonly keepAliveMs: number
}

function tcpTransport(settings: Settings, { clock, log }: TransportParts): Transport {
  const setup: SocketSetup = {
    allowHalfOpen: true,
    noDelay: true,
    keepAlive: settings.keepAliveMs > 0,
    keepAliveInitialDelay: settings.keepAliveMs,
  }
  const links = new Map<Socket, TcpLink>()
  const dialling: Dialling = new Set()
  const dials = new Set<Promise<Socket>>()
  const closing = new AbortController()
  const closed = new MyDhtError('MYDHT_CLOSED', 'this transport was closed: make a new one')
  let server: Server | undefined
  let listening = false
  let closeOnce: Promise<void> | undefined
  let whenEmpty: (() => void) | undefined

  const adopt = (socket: Socket, remoteHost: string): TcpLink => {
    const link = tcpLink(socket, remoteHost, clock)
    links.set(socket, link)
    socket.once('close', () => {
      links.delete(socket)
      // The link's own listener came first, so its ends are on their way and are told before `close` settles.
      if (links.size === 0 && whenEmpty) clock.soon(whenEmpty)
    })
    return link
  }

  const accept = (socket: Socket, onLink: (link: IncomingLink) => void) => {
    // Gone again already: Node knows no address then.
    if (socket.remoteAddress === undefined || closing.signal.aborted) {
      socket.on('error', () => {})
      socket.destroy()
      return
    }
    onLink(adopt(socket, plainHost(socket.remoteAddress)))
  }

  return {
    scheme: 'tcp',
    supports: { duplex: true, blocking: false },
    listen: async (onLink) => {
      if (closing.signal.aborted) throw closed
      if (listening) throw new TypeError('this transport listens already: call listen once')
      listening = true
      if (!settings.listen) return []
      server = createServer({ ...setup, pauseOnConnect: true }, (socket) => accept(socket, onLink))
      server.maxConnections = settings.maxConnections
      server.on('drop', (data) => log('warn', 'tcp-connection-dropped', { remoteHost: data?.remoteAddress }))
      const bound = await bind(server, settings, closing.signal)
      server.on('error', (error) => log('warn', 'tcp-accept-failed', { reason: error.message }))
      if (settings.advertise) return settings.advertise
      return hostsToAdvertise(bound.host, networkInterfaces()).map((host) => tcpAddress(host, bound.port))
    },
    connect: async (address, { signal }) => {
      if (closing.signal.aborted) throw closed
      const dialled = dial(parseTcpAddress(address), setup, signal, dialling)
      dials.add(dialled)
      const socket = await dialled.finally(() => dials.delete(dialled))
      const link = adopt(socket, plainHost(socket.remoteAddress ?? ''))
      if (closing.signal.aborted) {
        link.drop(closed)
        throw closed
      }
      return link
    },
    close: () => {
      closeOnce ??= (async () => {
        closing.abort(closed)
        const unbound = new Promise<void>((resolve) => {
          if (server) server.close(() => resolve())
          else resolve()
        })
        const empty = new Promise<void>((resolve) => {
          if (links.size > 0) whenEmpty = resolve
          else resolve()
        })
        for (const fail of dialling) fail(closed)
        for (const link of links.values()) link.drop(closed)
        await Promise.all([unbound, empty, Promise.allSettled(dials)])
      })()
      return closeOnce
    },
  }
}

/** Binds the server. Rejects with MYDHT_CONNECT_FAILED, or the signal's reason. */
function bind(
  server: Server,
  settings: Settings,
  signal: AbortSignal
): Promise<{ readonly host: string; readonly port: number }> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason)
    const onError = (error: Error) => {
      signal.removeEventListener('abort', onAbort)
      const message = `cannot listen on ${settings.host} port ${settings.port}: ${error.message}; choose another port (0: a free one) or host`
      reject(
        new MyDhtError('MYDHT_CONNECT_FAILED', message, {
          cause: error,
          details: { host: settings.host, port: settings.port },
        })
      )
    }
    signal.addEventListener('abort', onAbort, { once: true })
    server.once('error', onError)
    server.listen({ host: settings.host, port: settings.port, backlog: settings.backlog }, () => {
      server.off('error', onError)
      signal.removeEventListener('abort', onAbort)
      const address = server.address()
      // Closed while a host name was still being resolved: the port was opened after that.
      if (signal.aborted) server.close()
      if (address === null || typeof address === 'string') reject(signal.reason)
      else resolve({ host: address.address, port: address.port })
    })
  })
}

function whole(name: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value
  throw new MyDhtError(
    'MYDHT_BAD_CONFIG',
    `tcp({ ${name} }): got ${value}, give a whole number from ${least} to ${most}`
  )
}

function toAdvertise(address: string): string {
  try {
    parseTcpAddress(address)
    return address
  } catch (cause) {
    throw new MyDhtError(
      'MYDHT_BAD_CONFIG',
      `tcp({ advertise }): got '${address}', give addresses like tcp://203.0.113.5:4000`,
      { cause }
    )
  }
}
