import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { files } from '../../../src/apps/files/files.ts'
import { createNode } from '../../../src/node/node.ts'
import { memory } from '../../../src/transports/memory.ts'

test('a provider that our own limits keep us from dialling is not called gone', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'mydht-dial-limit-'))
  const into = path.join(folder, 'into')
  // No provider records: one that the sharer itself brought, while it was connected, would be charged to it and not to the one in the middle.
  const apps = { files: files({ providers: false }) }
  const sharer = await createNode({ transport: memory(), apps })
  const middle = await createNode({ transport: memory(), apps, join: [sharer.address] })
  const limits = { maxDialsPerCause: 1 }
  const fetcher = await createNode({ transport: memory(), apps, limits, join: [middle.address] })
  try {
    for (const name of ['one', 'two']) await writeFile(path.join(folder, name), name)
    await sharer.files.share([path.join(folder, 'one'), path.join(folder, 'two')])
    const [one, two] = (await sharer.files.list()).map((listed) => listed.id)
    assert.ok(one !== undefined && two !== undefined)
    await fetcher.files.fetch(one, { into })
    await fetcher.disconnect(sharer.id)
    await assert.rejects(fetcher.files.fetch(two, { into, lifetimeMs: 2000 }), {
      code: 'MYDHT_LIMIT',
      message: /has the file, but our own limits.*limits\.maxDialsPerCause/,
    })
  } finally {
    await Promise.all([fetcher.close(), middle.close(), sharer.close()])
    await rm(folder, { recursive: true })
  }
})
