/**
 * node:tls 1.3 with Ed25519 certificates on both sides, each checked against the other's: authenticated and encrypted, as MyDHT's default is.
 * No session is resumed. The certificates (`certs/`) are for these benchmarks only.
 */
import { readFileSync } from 'node:fs'
import tls from 'node:tls'
import { socketClient, socketServer } from './sockets.mjs'

const version = { minVersion: 'TLSv1.3', maxVersion: 'TLSv1.3' }

/** Starts the server of a workload and gives its port. */
export async function serve(workload) {
  const context = {
    ...version,
    key: pem('server.key'),
    cert: pem('server.cert'),
    ca: pem('client.cert'),
    requestCert: true,
    rejectUnauthorized: true,
  }
  const port = await socketServer(workload, (onSocket) =>
    tls.createServer(context, (socket) => {
      socket.setNoDelay(true)
      if (!socket.authorized) socket.destroy()
      else onSocket(socket)
    })
  )
  await refusesStrangers(port)
  return port
}

const identity = { key: pem('client.key'), cert: pem('client.cert') }

const client = socketClient((port) => {
  const socket = connect(port, identity)
  socket.setNoDelay(true)
  socket.once('secureConnect', () => {
    if (!socket.authorized || socket.getProtocol() !== 'TLSv1.3')
      socket.destroy(new Error('the server was not verified'))
  })
  return { socket, opened: 'secureConnect' }
})

export const openEcho = client.openEcho
export const openBulk = client.openBulk
export const openConnector = client.openConnector

function connect(port, who) {
  return tls.connect({ ...version, ...who, port, host: '127.0.0.1', servername: 'localhost', ca: pem('server.cert') })
}

/** Tries the server's lock once: whoever shows no certificate, or one that it does not know, must not get through. */
async function refusesStrangers(port) {
  for (const stranger of [{}, { key: pem('server.key'), cert: pem('server.cert') }]) {
    const refused = await new Promise((resolve) => {
      const socket = connect(port, stranger)
      const patience = setTimeout(() => resolve(false), 2000)
      // In TLS 1.3 the client hears of a refusal only after its own handshake is over.
      socket.on('error', () => {})
      socket.on('data', () => resolve(false))
      socket.on('close', () => {
        clearTimeout(patience)
        resolve(true)
      })
    })
    if (!refused) throw new Error('the TLS server took a client that it does not know: its figures would prove nothing')
  }
}

function pem(name) {
  return readFileSync(new URL(`../../certs/${name}.pem`, import.meta.url))
}
