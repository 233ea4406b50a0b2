/** A program that a test runs: two nodes over pipes, each whole in a thread of its own, and it leaves without closing them. */
import { createNode } from '../../src/node/node.ts'
import { thread } from '../../src/service/spawners/thread.ts'
import { fifo } from '../../src/transports/fifo.ts'

const [directory = ''] = process.argv.slice(2)
const make = (join: readonly string[]) =>
  createNode({ transport: fifo({ directory }), placement: { main: thread() }, join })
const { address } = await make([])
await make([address])
process.exit(3)
