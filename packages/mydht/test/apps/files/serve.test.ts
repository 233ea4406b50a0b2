/** What a server of files does when its machine has too much open. */
import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { test } from 'node:test'
import { hashFile, type SharedFile } from '../../../src/apps/files/disk/shared-file.ts'
import { encodeRequest } from '../../../src/apps/files/messages.ts'
import { createServer } from '../../../src/apps/files/serve.ts'
import { createShares } from '../../../src/apps/files/shares.ts'
import { createPromises } from '../../../src/attachments/promises.ts'
import { peerIdFromBytes } from '../../../src/identity/peer-id.ts'
import { peerRef } from '../../../src/identity/peer-ref.ts'
import { silent } from '../../../src/log.ts'
import type { AppMessage } from '../../../src/wire/messages.ts'
import { attachmentsOver, temporary } from './net.ts'

/** A file that cannot be opened just now. */
function blocked(file: SharedFile, code: string): SharedFile {
  let isFirst = true
  return Object.defineProperty({ ...file }, 'path', {
    get() {
      if (!isFirst) return file.path
      isFirst = false
      throw Object.assign(new Error('too many open files'), { code })
    },
  })
}

for (const [code, status, left] of [
  ['EMFILE', 'busy', 1],
  ['ENOENT', 'refused', 0],
] as const) {
  test(`a shared file that cannot be opened for ${code} is answered with ${status}, and ${left} are shared then`, async (t) => {
    const name = path.join(await temporary(t), 'file')
    await writeFile(name, 'hello')
    const file = await hashFile(name, new AbortController().signal)
    const shares = createShares(10, 1000)
    shares.add(file)
    const said: AppMessage[] = []
    let nudged = (): void => {}
    const settled = new Promise<void>((resolve) => (nudged = resolve))
    const promises = createPromises(() => (nudged(), true))
    const attachments = attachmentsOver(promises)
    const server = createServer({
      shares: { ...shares, byId: () => blocked(file, code) },
      attachments,
      promises,
      log: silent,
      send: (_to, message) => void said.push(message),
      maxOpening: 1,
    })
    const from = peerRef(peerIdFromBytes(new Uint8Array(32).fill(3)))
    const body = encodeRequest({ type: 'range', id: file.id, offset: 0, length: 5 })
    server.request(from, { type: 'request', app: 'files', id: 1, body })
    await settled
    promises.run()
    assert.deepEqual(
      said.map((message) => message.type === 'response' && message.status),
      [status]
    )
    assert.equal(shares.list().length, left)
  })
}
