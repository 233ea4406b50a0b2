/**
 * Files: one node shares a folder, another finds a file by a part of its name and fetches it, across a third. Every chunk is verified.
 *
 * Run: node examples/dist/07-files.js
 * Prints:
 *   shared: 2 files
 *   found: sea-shanties.txt, 600000 bytes, 2 hops away
 *   fetched: sea-shanties.txt, the same bytes: true
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createNode } from 'mydht'
import { files } from 'mydht/apps/files'
import { tcp } from 'mydht/transports/tcp'

const [music, fetched] = [await mkdtemp(path.join(tmpdir(), 'music-')), await mkdtemp(path.join(tmpdir(), 'fetched-'))]
await writeFile(path.join(music, 'sea-shanties.txt'), 'heave ho! '.repeat(60_000))
await writeFile(path.join(music, 'lullabies.txt'), 'hush')

const sharer = await createNode({ transport: tcp(), apps: { files: files() } })
const middle = await createNode({ transport: tcp(), apps: { files: files() }, join: [sharer.address] })
const fetcher = await createNode({
  transport: tcp(),
  apps: { files: files({ into: fetched }) },
  join: [middle.address],
})

console.log(`shared: ${(await sharer.files.share([music])).files} files`)
for await (const found of fetcher.files.find('shanties')) {
  console.log(`found: ${found.name}, ${found.size} bytes, ${found.hops} hops away`)
  const { path: where } = await fetcher.files.fetch(found.id)
  const same = (await readFile(where)).equals(await readFile(path.join(music, found.name)))
  console.log(`fetched: ${path.basename(where)}, the same bytes: ${same}`)
}

await Promise.all([sharer, middle, fetcher].map((node) => node.close()))
await Promise.all([music, fetched].map((folder) => rm(folder, { recursive: true })))
