/**
 * @module demo/sources
 * The files that a demo shares: which they are, and the hash that each copy must have.
 */
import { createHash } from 'node:crypto'
import { createReadStream, existsSync } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { usageError } from '../output.ts'

/** One file. */
export interface Source {
  readonly path: string
  readonly bytes: number
  readonly sha256: string
}

/** Files of a demo at the most: some minutes of work, and little enough to list. */
export const maxFiles = 10_000

/** Folders that are made by tools, not by people. */
const skippedFolders: ReadonlySet<string> = new Set(['node_modules', 'dist'])

/** What is shared when nothing is named: the project's own docs and packages; for a package installed by npm, that package. */
export function defaultPaths(): readonly string[] {
  const own = fileURLToPath(new URL('../../../', import.meta.url))
  const root = path.resolve(own, '../..')
  const project = ['docs', 'packages'].map((name) => path.join(root, name))
  return project.every((folder) => existsSync(folder)) && existsSync(path.join(root, 'package.json')) ? project : [own]
}

/** All files at and below these paths, without node_modules, dist and what begins with a dot. Rejects with a usage error when there is none. */
export async function findSources(paths: readonly string[], signal: AbortSignal): Promise<readonly Source[]> {
  const found = new Set<string>()
  for (const one of paths) await walk(path.resolve(one), found)
  if (found.size === 0)
    throw usageError(`there is no file to share in ${paths.join(', ')}: name others with --share PATH`)
  const sources: Source[] = []
  for (const file of found) {
    signal.throwIfAborted()
    sources.push({ path: file, bytes: (await stat(file)).size, sha256: await sha256Of(file) })
  }
  return sources
}

/** The SHA-256 of a file's bytes, in hex. */
export async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file), hash)
  return hash.digest('hex')
}

async function walk(start: string, found: Set<string>): Promise<void> {
  const facts = await stat(start).catch((error: unknown) => {
    throw usageError(`cannot share ${start} (${error instanceof Error ? error.message : String(error)})`)
  })
  if (facts.isFile()) add(start, found)
  if (!facts.isDirectory()) return
  const entries = await readdir(start, { withFileTypes: true })
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.name.startsWith('.')) continue
    const inside = path.join(start, entry.name)
    // Links are not followed: they may lead outside, or in circles.
    if (entry.isFile()) add(inside, found)
    else if (entry.isDirectory() && !skippedFolders.has(entry.name)) await walk(inside, found)
  }
}

function add(file: string, found: Set<string>): void {
  if (found.size >= maxFiles)
    throw usageError(`there are more than ${maxFiles} files to share: name fewer with --share PATH`)
  found.add(file)
}
