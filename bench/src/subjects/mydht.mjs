/**
 * MyDHT as a program uses it: nodes over TCP with the default shadow (Noise XX) and encoding, every service inline, through the API of an app.
 */
import { createNode } from 'mydht'
import { touch } from 'mydht/apps/touch'
import { tcp } from 'mydht/transports/tcp'
import { bulk } from '../apps/bulk-app.mjs'

const listening = () => tcp({ host: '127.0.0.1' })
const client = () => ({ transport: tcp({ listen: false }), clientOnly: true })
const apps = () => ({ touch: touch(), bulk: bulk() })

/** Starts a node and gives its address. */
export async function serve() {
  const node = await createNode({ transport: listening(), apps: apps() })
  return node.address
}

/** One connection and `node.touch.echo` over it. */
export async function openEcho(address, bytes) {
  const { node, peer } = await connected(address)
  return {
    async run(inFlight, seconds) {
      let count = 0
      const began = performance.now()
      const end = began + seconds * 1000
      const ask = async () => {
        do {
          await node.touch.echo(peer, bytes)
          count++
        } while (performance.now() < end)
      }
      await Promise.all(Array.from({ length: inFlight }, ask))
      return { count, ms: performance.now() - began }
    },
    close: () => node.close(),
  }
}

/** One connection and attachments over it: from memory into a sink that only counts. */
export async function openBulk(address) {
  const { node, peer } = await connected(address)
  return { receive: (total) => node.bulk.receive(peer, total), close: () => node.close() }
}

/** A client with a fresh identity that connects and disconnects. */
export async function openConnector(address) {
  const node = await createNode(client())
  return {
    async once() {
      const { id } = await node.connect(address)
      await node.disconnect(id)
    },
    close: () => node.close(),
  }
}

async function connected(address) {
  const node = await createNode({ ...client(), apps: apps() })
  const { id } = await node.connect(address)
  return { node, peer: id }
}
