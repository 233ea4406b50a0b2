/**
 * The clients of the `placement` workload, in a process of their own: several nodes, one connection each, so many requests in flight on each.
 * Told `{ address, connections }`, then any number of `{ verifications, inFlight, seconds }`, each answered with how many requests were answered in how long.
 */
import { createNode } from 'mydht'
import { tcp } from 'mydht/transports/tcp'
import { asker, signedText } from './apps/check-app.mjs'

let clients = []

process.on('disconnect', () => process.exit())
process.on('message', (told) => {
  const done = told.address === undefined ? load(told) : open(told)
  done.then(
    (value) => process.send({ value }),
    (error) => process.send({ error: String(error?.stack ?? error) })
  )
})
process.send({ value: undefined })

async function open({ address, connections }) {
  const start = async () => {
    const node = await createNode({ transport: tcp({ listen: false }), clientOnly: true, apps: { check: asker() } })
    const { id } = await node.connect(address)
    return { node, id }
  }
  clients = await Promise.all(Array.from({ length: connections }, start))
}

async function load({ verifications, inFlight, seconds }) {
  const signed = signedText(verifications)
  const began = performance.now()
  const end = began + seconds * 1000
  let count = 0
  const ask = async ({ node, id }) => {
    do {
      if (!(await node.check.ask(id, signed))) throw new Error('a good signature was refused')
      count++
    } while (performance.now() < end)
  }
  await Promise.all(clients.flatMap((client) => Array.from({ length: inFlight }, () => ask(client))))
  return { count, ms: performance.now() - began }
}
