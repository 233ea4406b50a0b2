/** One fetch, driven by hand: what only its own disk makes slow. */
import assert from 'node:assert/strict'
import path from 'node:path'
import { test } from 'node:test'
import type { FetchOutput } from '../../../src/apps/files/fetch-contract.ts'
import { createFetch } from '../../../src/apps/files/fetch.ts'
import { encodeManifest, chunkHash, fileIdOf } from '../../../src/apps/files/manifest.ts'
import { stallMs } from '../../../src/apps/files/defaults.ts'
import type { ByteSink } from '../../../src/attachments/body.ts'
import { createPromises } from '../../../src/attachments/promises.ts'
import { peerIdFromBytes } from '../../../src/identity/peer-id.ts'
import { peerRef } from '../../../src/identity/peer-ref.ts'
import { virtualClock } from '../../../src/testing/virtual-clock.ts'
import { attachmentsOver, temporary } from './net.ts'

test('a provider is not too slow while our own disk hashes what was there, and the fetch goes on with it then', async (t) => {
  const into = path.join(await temporary(t), 'into')
  const clock = virtualClock()
  const peer = peerRef(peerIdFromBytes(new Uint8Array(32).fill(7)))
  const manifest = encodeManifest(1, [chunkHash(Uint8Array.of(5))])
  let sink: ByteSink | undefined
  let nudged = (): void => {}
  const settled = new Promise<void>((resolve) => (nudged = resolve))
  const promises = createPromises(() => (nudged(), true))
  const attachments = attachmentsOver(promises)
  const failures: string[] = []
  const requests: number[] = []
  const output: FetchOutput = {
    clock,
    promises,
    attachments: { ...attachments, expect: (_from, _stream, _bytes, into_) => ((sink = into_), true) },
    ask: () => {},
    connect: (provider) => fetch.connected(provider, peer, undefined),
    request: (_to, body) => requests.push(body[0] ?? 0) > 0,
    wake: () => {},
    progress: () => {},
    done: () => {},
    failed: (code) => void failures.push(code),
    corrupt: () => {},
  }
  const ask = {}
  const call = { type: 'fetch', id: fileIdOf(manifest), into, name: undefined, maxBytes: undefined } as const
  const fetch = createFetch({ ...call, progress: false, ask }, into, output)
  t.after(() => fetch.cancel())
  fetch.provider({ id: peer.id, record: new Uint8Array(0), name: 'one', hops: 1, cause: undefined })
  fetch.asked(false)
  const response = { type: 'response', app: 'files', id: 1, status: 'ok', stream: 1, body: new Uint8Array(0) } as const
  fetch.responded(peer, { type: 'response', response: { ...response, streamBytes: manifest.length } })
  await sink?.write(manifest, 0)
  sink?.end({ ok: true, bytes: manifest.length })
  // The part file is opened by now or soon; the service hears of it only when it runs its promises.
  await clock.advance(stallMs)
  fetch.again()
  assert.deepEqual([failures, requests], [[], [1]])
  await settled
  promises.run()
  assert.deepEqual([failures, requests], [[], [1, 2]])
})

test('those who have it are asked for behind those who say so and do not, until a question names nobody new', async (t) => {
  const into = path.join(await temporary(t), 'into')
  const id = fileIdOf(encodeManifest(1, [chunkHash(Uint8Array.of(5))]))
  const asked: number[] = []
  const connected: string[] = []
  const failures: string[] = []
  const promises = createPromises(() => true)
  const call = { type: 'fetch', id, into, name: undefined, maxBytes: undefined, progress: false, ask: {} } as const
  const fetch = createFetch(call, into, {
    clock: virtualClock(),
    promises,
    attachments: attachmentsOver(promises),
    ask: (besides) => void asked.push(besides),
    connect: ({ name }) => void connected.push(name),
    request: () => true,
    wake: () => {},
    progress: () => {},
    done: () => {},
    failed: (code) => void failures.push(code),
    corrupt: () => {},
  })
  const provider = (byte: number) => {
    const peer = peerIdFromBytes(new Uint8Array(32).fill(byte))
    return { id: peer, record: new Uint8Array(0), name: `peer ${byte}`, hops: 1, cause: undefined }
  }
  const [one, two, three] = [provider(1), provider(2), provider(3)] as const
  fetch.provider(one)
  fetch.provider(two)
  fetch.asked(false)
  fetch.connected(one, undefined, 'MYDHT_CONNECT_FAILED')
  fetch.connected(two, undefined, 'MYDHT_CONNECT_FAILED')
  assert.deepEqual([asked, failures], [[2], []])
  fetch.provider(two)
  fetch.provider(three)
  fetch.asked(false)
  fetch.connected(three, undefined, 'MYDHT_CONNECT_FAILED')
  assert.deepEqual([asked, failures], [[2, 3], []])
  fetch.provider(three)
  fetch.asked(false)
  assert.deepEqual([asked, failures], [[2, 3], ['MYDHT_CONNECT_FAILED']])
  assert.deepEqual(connected, ['peer 1', 'peer 2', 'peer 3'])
})
