/**
 * @module transports/tcp-dial
 * Opens one TCP connection, or leaves nothing behind. Not here: what flows over it (`tcp-link.ts`).
 */
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { MyDhtError } from '../errors.ts'
import type { HostPort } from './tcp-address.ts'

/** How sockets are set up, ours and accepted ones. */
export interface SocketSetup {
  readonly allowHalfOpen: true
  readonly noDelay: true
  readonly keepAlive: boolean
  readonly keepAliveInitialDelay: number
}

/** The dials that are under way, each as what calls it off with a reason. Not a signal: those warn when more than ten wait on one. */
export type Dialling = Set<(reason: unknown) => void>

/**
 * Gives a connected socket with an error listener on it. Rejects with MYDHT_CONNECT_FAILED, with the signal's reason, or with what it is called
 * off with through `dialling`; the socket is destroyed then. Host names are resolved by the system; every address found is tried (RFC 8305, Node's `autoSelectFamily`).
 */
export function dial(target: HostPort, setup: SocketSetup, signal: AbortSignal, dialling: Dialling): Promise<Socket> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason)
      return
    }
    const socket = connect({ host: target.host, port: target.port, ...setup })
    const settle = () => {
      dialling.delete(fail)
      signal.removeEventListener('abort', onAbort)
      socket.off('connect', onConnect)
    }
    const fail = (reason: unknown) => {
      settle()
      // Not before the handle is closed: then nothing is left open.
      socket.once('close', () => reject(reason))
      socket.destroy()
    }
    const onAbort = () => fail(signal.reason)
    const onConnect = () => {
      settle()
      if (meetsItself(socket)) fail(refused(target, new Error('the connection met itself')))
      else resolve(socket)
    }
    dialling.add(fail)
    signal.addEventListener('abort', onAbort)
    socket.on('connect', onConnect)
    // Stays on for good: an error without a listener would end the process.
    socket.on('error', (error) => {
      if (dialling.has(fail)) fail(refused(target, error))
    })
  })
}

/** A dial to a free port of this machine can pick that very port as its own and connect to itself (simultaneous open, RFC 9293 §3.5). */
function meetsItself(socket: Socket): boolean {
  return socket.localPort === socket.remotePort && socket.localAddress === socket.remoteAddress
}

function refused(target: HostPort, cause: Error): MyDhtError {
  const said = cause instanceof AggregateError ? cause.errors.map(String).join('; ') : cause.message
  return new MyDhtError(
    'MYDHT_CONNECT_FAILED',
    `cannot connect to ${target.host} port ${target.port}: ${said}; check that a node listens there and that no firewall is between`,
    { cause, details: { host: target.host, port: target.port } }
  )
}
