/**
 * A private network: all members share a secret. Whoever does not have it gets no answer at all, and learns nobody's name.
 *
 * Run: node examples/dist/05-private-network.js
 * Prints:
 *   a member reads: only for us
 *   a stranger gets: MYDHT_CONNECTION_CLOSED
 *   a node of the open network gets: MYDHT_WRONG_SHADOW
 */
import { createNode, MyDhtError, type ShadowPart } from 'mydht'
import { kv } from 'mydht/apps/kv'
import { noise } from 'mydht/shadows/noise'
import { secret } from 'mydht/shadows/secret'
import { tcp } from 'mydht/transports/tcp'

const ours = (): ShadowPart => secret({ passphrase: 'five dry words of wood' })
const a = await createNode({ transport: tcp(), apps: { kv: kv() }, shadow: ours() })
const b = await createNode({ transport: tcp(), apps: { kv: kv() }, shadow: ours(), join: [a.address] })

const { key } = await a.kv.put('only for us')
console.log('a member reads:', await b.kv.getText(key))

async function tryWith(shadow: ShadowPart): Promise<string> {
  try {
    await using node = await createNode({ transport: tcp(), shadow, join: [a.address] })
    return `in, as ${node.id}`
  } catch (error) {
    return error instanceof MyDhtError ? error.code : String(error)
  }
}
console.log('a stranger gets:', await tryWith(secret({ passphrase: 'five wet words of stone' })))
console.log('a node of the open network gets:', await tryWith(noise()))

await Promise.all([a.close(), b.close()])
