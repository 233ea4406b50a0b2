/**
 * @module test/network/child
 * The process of one node, as a program would write it: a hash table over TCP whose records and known peers lie in a folder, acknowledged on disk. It does
 * what it is asked (`protocol.ts`) until it is killed.
 */
import { createNode, MyDhtError } from 'mydht'
import { kv, mutableKey, type KvHit } from 'mydht/apps/kv'
import { kademlia } from 'mydht/routes/kademlia'
import { tcp } from 'mydht/transports/tcp'
import { level } from 'mydht-level'
import type { Answer, Asked, Command, Life, Said } from './protocol.ts'

const say = (said: Said): void => void process.send?.(said)

process.once('message', (life: Life) => void run(life))
process.once('disconnect', () => process.exit())

async function run({ seed, folder, port, join, replicas }: Life): Promise<void> {
  const store = level({ folder, namespace: 'records' })
  const node = await createNode({
    seed: new Uint8Array(32).fill(seed),
    transport: tcp({ port }),
    route: kademlia(),
    apps: { kv: kv({ replicas, store, acknowledged: 'disk' }) },
    peerStore: { store: level({ folder, namespace: 'peers' }) },
    join,
    // A busy machine may take its time: so many processes have two cores.
    limits: { callTimeoutMs: 120_000, connectTimeoutMs: 60_000, handshakeStepMs: 60_000, handshakeTotalMs: 60_000 },
    onEvent: (event) => say({ type: 'event', event }),
  })
  process.on('message', ({ id, command }: Asked) => {
    perform(command).then(
      (answer) => say({ type: 'answer', id, answer }),
      (thrown: unknown) =>
        say({ type: 'failed', id, code: MyDhtError.is(thrown) ? thrown.code : '', message: String(thrown) })
    )
  })
  say({ type: 'running', id: node.id, address: node.address })

  async function perform(command: Command): Promise<Answer | undefined> {
    switch (command.type) {
      case 'put': {
        const { key, holders } = await node.kv.put(command.value)
        return { key, value: command.value, sequence: 0, holders }
      }
      case 'publish': {
        const { name, value, ifSequence } = command
        const { key, sequence, holders } = await node.kv.publish(name, value, { ifSequence })
        return { key, value, sequence, holders }
      }
      case 'get': {
        const { key, mode, local } = command
        const value = await node.kv.get(key, { mode, local })
        return value && { key, value, sequence: 0, holders: undefined }
      }
      case 'resolve': {
        const { publisher, name, results } = command
        const found = await node.kv.resolve(publisher, name, { results })
        return (
          found && {
            key: mutableKey(publisher, name),
            value: found.value,
            sequence: found.sequence,
            holders: undefined,
          }
        )
      }
      case 'kept':
        for await (const hit of node.kv.find(command.key, { hops: 0 })) if (hit.via === undefined) return answerOf(hit)
        return undefined
    }
  }
}

function answerOf({ key, value, record }: KvHit): Answer {
  return { key, value, sequence: record.kind === 'immutable' ? 0 : record.sequence, holders: undefined }
}
