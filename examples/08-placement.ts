/**
 * Where each service runs is one line: the same program with function calls only, with its app as a coroutine, and with an API service that
 * is put away whenever it has nothing to do. The results are the same.
 *
 * Run: node examples/dist/08-placement.js
 * Prints:
 *   everything a function call: found
 *   the app a coroutine: found
 *   signing a coroutine too, the API put away when idle: found
 */
import { createNode, type Node } from 'mydht'
import { kv, type KvApp } from 'mydht/apps/kv'
import { coroutine, restart } from 'mydht/service'
import { memory } from 'mydht/transports/memory'

type Start = (join: readonly string[]) => Promise<Node<{ readonly kv: KvApp }>>

async function run(name: string, start: Start): Promise<void> {
  const a = await start([])
  const b = await start([a.address])
  const { key } = await a.kv.put('found')
  console.log(`${name}: ${await b.kv.getText(key)}`)
  await Promise.all([a.close(), b.close()])
}

const node = { transport: memory(), apps: { kv: kv() } }

await run('everything a function call', (join) => createNode({ ...node, join }))
await run('the app a coroutine', (join) => createNode({ ...node, join, placement: { 'kv.global': coroutine() } }))
await run('signing a coroutine too, the API put away when idle', (join) =>
  createNode({ ...node, join, placement: { 'kv.global': coroutine(), auth: coroutine(), api: restart() } })
)
// `'kv.global': restart()` does not compile: "service 'kv.global': its definition lacks 'restartable'".
