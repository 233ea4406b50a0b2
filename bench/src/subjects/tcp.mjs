/**
 * Bare TCP: what this machine's loopback and Node's sockets can do with nothing on top. No encryption, no authentication.
 */
import net from 'node:net'
import { socketClient, socketServer } from './sockets.mjs'

/** Starts the server of a workload and gives its port. */
export function serve(workload) {
  return socketServer(workload, (onSocket) => net.createServer({ noDelay: true }, onSocket))
}

const client = socketClient((port) => {
  const socket = net.connect({ port, host: '127.0.0.1', noDelay: true })
  return { socket, opened: 'connect' }
})

export const openEcho = client.openEcho
export const openBulk = client.openBulk
export const openConnector = client.openConnector
