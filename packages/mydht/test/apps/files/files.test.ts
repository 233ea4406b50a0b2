import assert from 'node:assert/strict'
import { link, mkdir, open, readdir, readFile, symlink, truncate, utimes, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { test } from 'node:test'
import type { FileId } from '../../../src/apps/files/files.ts'
import { parseFileId } from '../../../src/apps/files/files.ts'
import { MyDhtError } from '../../../src/errors.ts'
import { seededRandom } from '../../../src/random.ts'
import type { AppMessage } from '../../../src/wire/messages.ts'
import { all, filesNet, temporary, type FilesNet } from './net.ts'

/** A line of nodes: each is linked with the next. */
const line = (count: number): number[][] => Array.from({ length: count }, (_, i) => (i + 1 < count ? [i + 1] : []))

function content(bytes: number, seed = 7): Uint8Array {
  // One random block, numbered: as good as random for chunk hashes, and quick.
  const block = seededRandom(seed).bytes(4096)
  const all_ = new Uint8Array(bytes)
  for (let at = 0; at < bytes; at += block.length) {
    block[0] = at >>> 12
    block[1] = at >>> 20
    all_.set(block.subarray(0, Math.min(block.length, bytes - at)), at)
  }
  return all_
}

async function shareAt(net: FilesNet, index: number, name: string, bytes: Uint8Array): Promise<FileId> {
  const { api, folder } = net.node(index)
  const file = path.join(folder, name)
  await writeFile(file, bytes)
  await api.share([file])
  const listed = (await api.list()).find((one) => one.name === name)
  assert.ok(listed)
  return listed.id
}

const into = (net: FilesNet, index: number): string => path.join(net.node(index).folder, 'into')
const mebibyte = 1024 * 1024

test('a file is found by name and fetched from a peer three hops away, which was never met', async (t) => {
  const net = await filesNet(t, line(4))
  const bytes = content(20 * mebibyte)
  const id = await shareAt(net, 3, 'Long Song.ogg', bytes)
  const found = await all(net.node(0).api.find('song'))
  assert.deepEqual(found, [{ id, name: 'Long Song.ogg', size: bytes.length, from: net.node(3).peer.id, hops: 3 }])
  const steps: number[] = []
  const fetched = await net.node(0).api.fetch(id, { onProgress: (progress) => void steps.push(progress.bytes) })
  assert.deepEqual(
    { ...fetched, path: path.basename(fetched.path) },
    { path: 'Long Song.ogg', bytes: bytes.length, from: net.node(3).peer.id, hops: 3, resumedBytes: 0 }
  )
  // The provider's address is its own word, brought by a neighbour: the dial policy must know whose doing the dial is.
  assert.deepEqual(net.node(0).causes, [net.node(1).peer.id])
  assert.ok(Buffer.from(bytes).equals(await readFile(fetched.path)))
  assert.ok(steps.length > 10 && steps.every((step, i) => i === 0 || step > (steps[i - 1] ?? 0)))
  assert.deepEqual(await readdir(into(net, 0)), ['Long Song.ogg'])
  const stats = await net.node(3).api.stats()
  assert.equal(stats.attachments.outgoing, 0)
})

test('files are found by part of a name or by all of it, without case; unknown names are found nowhere', async (t) => {
  const net = await filesNet(t, line(2))
  for (const name of ['a.txt', 'Ba.txt', 'c.TXT']) await shareAt(net, 1, name, content(10, name.charCodeAt(0)))
  const names = async (text: string, match: 'part' | 'exact'): Promise<string[]> =>
    (await all(net.node(0).api.find(text, { match }))).map(({ name }) => name).toSorted()
  assert.deepEqual(await names('A.TXT', 'part'), ['Ba.txt', 'a.txt'])
  assert.deepEqual(await names('A.TXT', 'exact'), ['a.txt'])
  assert.deepEqual(await names('nothing', 'part'), [])
  assert.throws(() => net.node(0).api.find(''), TypeError)
  assert.throws(() => net.node(0).api.find('x'.repeat(256)), TypeError)
})

test('all providers of an id are found, each once, though two ways lead to them', async (t) => {
  const net = await filesNet(t, [[1, 2], [3], [3], []])
  const bytes = content(1000)
  const id = await shareAt(net, 1, 'one', bytes)
  assert.equal(await shareAt(net, 3, 'other name', bytes), id)
  const found = await all(net.node(0).api.providers(id))
  assert.deepEqual(new Set(found.map(({ from }) => from)), new Set([net.node(1).peer.id, net.node(3).peer.id]))
  assert.equal(found.length, 2)
})

test('an empty file is a file', async (t) => {
  const net = await filesNet(t, line(2))
  const id = await shareAt(net, 1, 'nothing.bin', new Uint8Array(0))
  const fetched = await net.node(0).api.fetch(id)
  assert.equal(fetched.bytes, 0)
  assert.equal((await readFile(fetched.path)).length, 0)
})

test('nobody has it: MYDHT_NOT_FOUND; too long: MYDHT_LIMIT; no folder: MYDHT_BAD_ARGUMENT; no id: TypeError', async (t) => {
  const net = await filesNet(t, line(2), {
    optionsOf: (index, folder) => (index === 1 ? {} : { into: path.join(folder, 'into') }),
  })
  const unknown = parseFileId('a'.repeat(52))
  assert.ok(unknown)
  await assert.rejects(net.node(0).api.fetch(unknown), { code: 'MYDHT_NOT_FOUND' })
  await assert.rejects(net.node(1).api.fetch(unknown), { code: 'MYDHT_BAD_ARGUMENT' })
  const id = await shareAt(net, 1, 'long', content(2000))
  await assert.rejects(net.node(0).api.fetch(id, { maxBytes: 1999 }), { code: 'MYDHT_LIMIT' })
  assert.equal(parseFileId('not an id'), undefined)
})

test('a number that is none is refused where it is given, and the service lives on', async (t) => {
  const net = await filesNet(t, line(2))
  const id = await shareAt(net, 1, 'a', content(10))
  const { api } = net.node(0)
  assert.throws(() => api.find('a', { hops: Number.NaN }), TypeError)
  assert.throws(() => api.providers(id, { paths: 0.5 }), TypeError)
  await assert.rejects(api.fetch(id, { budget: -1 }), TypeError)
  await assert.rejects(api.fetch(id, { maxBytes: Number.NaN }), TypeError)
  assert.equal((await api.fetch(id)).bytes, 10)
})

test('a file that a stranger calls as the beginning of another fetch is not taken for one', async (t) => {
  const net = await filesNet(t, line(2))
  const other = await shareAt(net, 1, 'other', content(20))
  const id = await shareAt(net, 1, `${other}.part`, content(10))
  const { path: first } = await net.node(0).api.fetch(id)
  assert.equal(path.basename(first), `_${other}.part`)
  await net.node(0).api.fetch(other)
  assert.deepEqual(await readFile(first), Buffer.from(content(10)))
})

test('names that are taken get a number, and names from strangers stay in the folder', async (t) => {
  const net = await filesNet(t, line(2))
  const id = await shareAt(net, 1, 'song.ogg', content(100))
  const paths = [
    await net.node(0).api.fetch(id),
    await net.node(0).api.fetch(id),
    await net.node(0).api.fetch(id, { name: '../../evil' }),
  ]
  assert.deepEqual(
    paths.map((one) => path.relative(into(net, 0), one.path)),
    ['song.ogg', 'song (2).ogg', 'evil']
  )
})

/** Changes the n-th chunk that `from` sends from then on, once `when` says so. */
const flip = (message: AppMessage): AppMessage => {
  if (message.type !== 'chunk') return message
  const bytes = message.bytes.slice()
  bytes[bytes.length - 1] = (bytes[bytes.length - 1] ?? 0) ^ 1
  return { ...message, bytes }
}

test('a provider that sends one wrong bit in a chunk is left for the next, and nothing wrong is written', async (t) => {
  let chunks = 0
  const net = await filesNet(t, [[1], [2], []], {
    tamper: (from, to, message) =>
      from === 1 && to === 0 && message.type === 'chunk' && ++chunks === 12 ? flip(message) : message,
  })
  const bytes = content(3 * mebibyte + 17)
  const id = await shareAt(net, 1, 'near', bytes)
  await shareAt(net, 2, 'far', bytes)
  const fetched = await net.node(0).api.fetch(id)
  assert.equal(fetched.from, net.node(2).peer.id)
  assert.ok(Buffer.from(bytes).equals(await readFile(fetched.path)))
  assert.equal((await net.node(0).api.stats()).corrupt, 1)
})

test('a provider that lies in its manifest is left; when all lie the fetch says so', async (t) => {
  const net = await filesNet(t, line(2), { tamper: (from, _, message) => (from === 1 ? flip(message) : message) })
  const id = await shareAt(net, 1, 'lie', content(1000))
  await assert.rejects(net.node(0).api.fetch(id), { code: 'MYDHT_BAD_FILE' })
  assert.deepEqual(await readdir(net.node(0).folder), [])
})

test('a provider that announces another length than was asked for is left', async (t) => {
  for (const streamBytes of [0, 1, 2 ** 40]) {
    const net = await filesNet(t, line(2), {
      tamper: (from, _, message) =>
        from === 1 && message.type === 'response' && message.streamBytes === 1000
          ? { ...message, streamBytes }
          : message,
    })
    const id = await shareAt(net, 1, 'file', content(1000))
    await assert.rejects(net.node(0).api.fetch(id), { code: 'MYDHT_BAD_MESSAGE' })
  }
})

test('a provider lost half-way is replaced by the next, which goes on where it was', async (t) => {
  let chunks = 0
  const net = await filesNet(t, [[1], [2], []], {
    tamper(from, to, message, here) {
      if (from === 1 && to === 0 && message.type === 'chunk' && ++chunks === 40) here.kill(1)
      return message
    },
  })
  const bytes = content(6 * mebibyte)
  const id = await shareAt(net, 1, 'near', bytes)
  await shareAt(net, 2, 'far', bytes)
  const fetched = await net.node(0).api.fetch(id)
  assert.equal(fetched.from, net.node(2).peer.id)
  assert.ok(Buffer.from(bytes).equals(await readFile(fetched.path)))
  const sent = (await net.node(2).api.stats()).attachments.sentBytes
  assert.ok(sent < 6 * mebibyte, `${sent} bytes came from the second: it started again`)
})

test('a fetch that was given up goes on where it was, even when its last bytes on disk are wrong', async (t) => {
  const net = await filesNet(t, line(2))
  const bytes = content(4 * mebibyte)
  const id = await shareAt(net, 1, 'big', bytes)
  const stop = new AbortController()
  const half = net.node(0).api.fetch(id, {
    signal: stop.signal,
    onProgress: (progress) => {
      if (progress.bytes >= 2 * mebibyte) stop.abort()
    },
  })
  await assert.rejects(half, { name: 'AbortError' })
  const partPath = path.join(into(net, 0), `${id}.part`)
  while ((await net.node(0).api.stats()).fetching > 0);
  // As a crash would leave it: the last chunk is half written, one before it is wrong.
  const part = await open(partPath, 'r+')
  await part.write(Uint8Array.of(1, 2, 3), 0, 3, mebibyte + 5)
  await part.close()
  await truncate(partPath, 2 * mebibyte - 1000)
  const fetched = await net.node(0).api.fetch(id)
  assert.equal(fetched.resumedBytes, mebibyte)
  assert.ok(Buffer.from(bytes).equals(await readFile(fetched.path)))
  assert.deepEqual(await readdir(into(net, 0)), ['big'])
})

test('a file that changed after it was shared is refused and no longer offered', async (t) => {
  const net = await filesNet(t, line(2))
  const id = await shareAt(net, 1, 'diary', content(1000))
  await writeFile(path.join(net.node(1).folder, 'diary'), content(1000, 8))
  // Even where the change keeps length and time: its time of change is finer than what a test could repeat.
  await utimes(path.join(net.node(1).folder, 'diary'), new Date(), new Date(Date.UTC(2020, 1, 1)))
  await assert.rejects(net.node(0).api.fetch(id), { code: 'MYDHT_REFUSED' })
  assert.deepEqual(await net.node(1).api.list(), [])
  await assert.rejects(net.node(0).api.fetch(id), { code: 'MYDHT_NOT_FOUND' })
})

test('two fetches of one file to one folder, and more fetches than allowed, are refused as busy', async (t) => {
  const net = await filesNet(t, line(2), {
    optionsOf: (_, folder) => ({ into: path.join(folder, 'into'), limits: { maxFetches: 2 } }),
  })
  const ids = [
    await shareAt(net, 1, 'a', content(500_000, 1)),
    await shareAt(net, 1, 'b', content(500_000, 2)),
    await shareAt(net, 1, 'c', content(500_000, 3)),
  ]
  const [a, b, c] = ids
  assert.ok(a && b && c)
  const results = await Promise.allSettled([a, a, b, c].map((id) => net.node(0).api.fetch(id)))
  const codes = results.map((one) =>
    one.status === 'fulfilled' ? 'ok' : MyDhtError.is(one.reason) ? one.reason.code : 'other'
  )
  assert.deepEqual(codes, ['ok', 'MYDHT_BUSY', 'ok', 'MYDHT_BUSY'])
})

test('a busy provider is asked again', async (t) => {
  let busy = 2
  const net = await filesNet(t, line(2), {
    tamper(from, _, message, here) {
      if (from !== 1 || message.type !== 'response' || busy === 0) return message
      busy--
      setImmediate(() => void here.clock.advance(1500))
      return { ...message, status: 'busy', stream: 0, streamBytes: 0 }
    },
  })
  const id = await shareAt(net, 1, 'wanted', content(1000))
  assert.equal((await net.node(0).api.fetch(id)).bytes, 1000)
  assert.equal(busy, 0)
})

test('a provider that sends no whole chunk is left for the next, though its stream does not count as idle', async (t) => {
  let trickling = false
  let left = false
  const net = await filesNet(t, [[1], [2], []], {
    optionsOf: (_, folder) => ({ into: path.join(folder, 'into'), limits: { idleMs: 1_000_000_000 } }),
    tamper(from, to, message) {
      if (from === 0 && to === 1 && message.type === 'stream-end') left = true
      // One byte of each chunk of the file; the manifest is short.
      if (from !== 1 || to !== 0 || message.type !== 'chunk' || message.bytes.length < 1000) return message
      trickling = true
      return { ...message, bytes: message.bytes.subarray(0, 1) }
    },
  })
  const bytes = content(3 * mebibyte)
  const id = await shareAt(net, 1, 'slow', bytes)
  await shareAt(net, 2, 'quick', bytes)
  const fetching = net.node(0).api.fetch(id)
  // Time moves only while the slow one has its turn.
  while (!left) {
    if (trickling) await net.clock.advance(10_000)
    await new Promise<void>((resolve) => setImmediate(resolve))
  }
  assert.equal((await fetching).from, net.node(2).peer.id)
})

test('folders are shared with what is in them; links are never followed', async (t) => {
  const net = await filesNet(t, [[]])
  const outside = await temporary(t)
  await writeFile(path.join(outside, 'secret'), 'secret')
  const { folder, api } = net.node(0)
  const shared = path.join(folder, 'shared')
  await mkdir(path.join(shared, 'deep', 'deeper'), { recursive: true })
  await writeFile(path.join(shared, 'one'), 'one')
  await writeFile(path.join(shared, 'deep', 'deeper', 'two'), 'two')
  await symlink(path.join(outside, 'secret'), path.join(shared, 'link-to-file'))
  await symlink(outside, path.join(shared, 'link-to-folder'))
  await symlink('..', path.join(shared, 'deep', 'loop'))
  assert.deepEqual(await api.share([shared]), { files: 2, bytes: 6, skipped: 3 })
  assert.deepEqual((await api.list()).map(({ name }) => name).toSorted(), ['one', 'two'])
  await assert.rejects(api.share([path.join(folder, 'missing')]), { code: 'MYDHT_BAD_FILE' })
})

test('hidden files and folders stay hidden unless they are named themselves', async (t) => {
  const net = await filesNet(t, [[]])
  const { folder, api } = net.node(0)
  const shared = path.join(folder, 'shared')
  await mkdir(path.join(shared, '.git'), { recursive: true })
  for (const name of ['open', '.env', path.join('.git', 'config')]) await writeFile(path.join(shared, name), name)
  assert.deepEqual(await api.share([shared]), { files: 1, bytes: 4, skipped: 0 })
  assert.deepEqual(await api.share([path.join(shared, '.env')]), { files: 1, bytes: 4, skipped: 0 })
})

test('what is shared is bounded: files, depth; sharing again changes nothing', async (t) => {
  const net = await filesNet(t, [[]], {
    optionsOf: (_, folder) => ({ share: [folder], limits: { maxFiles: 3, maxDepth: 1 } }),
  })
  const { folder, api } = net.node(0)
  await api.share([])
  await mkdir(path.join(folder, 'a', 'b'), { recursive: true })
  await writeFile(path.join(folder, 'a', 'b', 'too deep'), 'x')
  for (const name of ['1', '2']) await writeFile(path.join(folder, name), name)
  assert.deepEqual(await api.share([folder]), { files: 2, bytes: 2, skipped: 1 })
  assert.deepEqual(await api.share([folder]), { files: 2, bytes: 2, skipped: 1 })
  for (const name of ['3', '4', '5']) await writeFile(path.join(folder, name), name)
  await api.share([folder])
  assert.equal((await api.list()).length, 3)
})

test('a link in the way of a fetch is refused, and what it points to stays as it is', async (t) => {
  const net = await filesNet(t, line(2))
  const id = await shareAt(net, 1, 'song', content(1000))
  const outside = await temporary(t)
  const victim = path.join(outside, 'victim')
  await writeFile(victim, 'mine')
  await mkdir(into(net, 0))
  const part = path.join(into(net, 0), `${id}.part`)
  await symlink(victim, part)
  await assert.rejects(net.node(0).api.fetch(id), { code: 'MYDHT_BAD_FILE' })
  const linked = path.join(net.node(0).folder, 'linked')
  await symlink(outside, linked)
  await assert.rejects(net.node(0).api.fetch(id, { into: linked }), { code: 'MYDHT_BAD_FILE' })
  const twin = path.join(net.node(0).folder, 'twin')
  await mkdir(twin)
  await link(victim, path.join(twin, `${id}.part`))
  await assert.rejects(net.node(0).api.fetch(id, { into: twin }), { code: 'MYDHT_BAD_FILE' })
  assert.equal(await readFile(victim, 'utf8'), 'mine')
  // The name itself may be a dangling link: it counts as taken.
  const third = path.join(net.node(0).folder, 'third')
  await mkdir(third)
  await symlink(path.join(outside, 'nowhere'), path.join(third, 'song'))
  assert.equal(path.basename((await net.node(0).api.fetch(id, { into: third })).path), 'song (2)')
  assert.deepEqual(await readdir(outside), ['victim'])
})

test('hostile requests are refused: what is not shared, ranges outside of the file, rubbish', async (t) => {
  const replies: AppMessage[] = []
  const net = await filesNet(t, line(2), {
    tamper: (from, _, message) => (from === 1 ? (replies.push(message), undefined) : message),
  })
  const id = await shareAt(net, 1, 'file', content(1000))
  const { encodeRequest } = await import('../../../src/apps/files/messages.ts')
  const other = parseFileId('b'.repeat(51) + 'a')
  assert.ok(other)
  const bodies = [
    new Uint8Array(0),
    Uint8Array.of(9, 9, 9),
    new Uint8Array(49).fill(2),
    encodeRequest({ type: 'range', id, offset: 1000, length: 1 }),
    encodeRequest({ type: 'range', id, offset: 0, length: 1001 }),
    encodeRequest({ type: 'manifest', id: other }),
  ]
  for (const [at, body] of bodies.entries()) {
    net
      .node(1)
      .tell({ type: 'message', from: net.node(0).peer, message: { type: 'request', app: 'files', id: at, body } })
  }
  await net.node(1).api.stats()
  assert.deepEqual(
    replies.map((reply) => reply.type === 'response' && reply.status),
    ['refused', 'refused', 'refused', 'refused', 'refused', 'not-found']
  )
})
