/**
 * @module demo/fetching
 * The main part of a demo: every file that the sharer has is fetched by a stranger to it and compared with the source.
 */
import { rm } from 'node:fs/promises'
import path from 'node:path'
import type { FileId } from 'mydht/apps/files'
import type { DemoNetwork, DemoNode } from './network.ts'
import type { DemoPlan } from './plan.ts'
import type { FetchResult } from './report.ts'
import { sha256Of } from './sources.ts'
import type { Source } from './sources.ts'

/** A source under the id that the sharer gave it; undefined: the sharer left it out. */
export interface SharedSource extends Source {
  readonly id: FileId | undefined
}

/** Has the sharer share the sources, and gives each its id. Files of the same bytes have the same id, and may be listed once. */
export async function shareAll(
  plan: DemoPlan,
  network: DemoNetwork,
  sources: readonly Source[],
  signal: AbortSignal
): Promise<readonly SharedSource[]> {
  const { files } = nodeAt(network, plan.sharer)
  await files.share(
    sources.map((source) => source.path),
    { signal }
  )
  const byPath = new Map((await files.list()).map((listed) => [listed.path, listed.id]))
  const byHash = new Map(
    sources.flatMap(({ path: file, sha256 }) => (byPath.has(file) ? [[sha256, byPath.get(file)] as const] : []))
  )
  return sources.map((source) => ({ ...source, id: byPath.get(source.path) ?? byHash.get(source.sha256) }))
}

/** What fetching needs. */
export interface Fetching {
  readonly plan: DemoPlan
  readonly network: DemoNetwork
  readonly sources: readonly SharedSource[]
  /** An empty folder of ours. */
  readonly folder: string
  readonly signal: AbortSignal
  readonly onFetched: (results: readonly FetchResult[]) => void
}

/**
 * Fetches them all, in rounds of `plan.parallel`, each fetcher in its turn. A file that fails does not stop the others. To fetch, a node may
 * dial the sharer; after each round such links are cut, so that in the next one it is a stranger again. Not before: another one's query may be
 * on its way over them, and its answer would be lost.
 */
export async function fetchAll(fetching: Fetching): Promise<readonly FetchResult[]> {
  const { plan, network, sources, signal, onFetched } = fetching
  const results: FetchResult[] = []
  const width = Math.min(plan.parallel, plan.fetchers.length)
  for (let first = 0; first < sources.length; first += width) {
    signal.throwIfAborted()
    const round = sources.slice(first, first + width).map((source, offset) => {
      const index = first + offset
      return { source, name: `${index}`, node: plan.fetchers[index % plan.fetchers.length] ?? 0 }
    })
    await Promise.all(
      round.map(async ({ source, name, node }) => {
        results.push(await fetchOne(fetching, node, source, name))
        onFetched(results)
      })
    )
    const sharer = nodeAt(network, plan.sharer).id
    await Promise.all(round.map(({ node }) => nodeAt(network, node).disconnect(sharer)))
  }
  return results
}

async function fetchOne(fetching: Fetching, node: number, source: SharedSource, name: string): Promise<FetchResult> {
  const { plan, network, folder, signal } = fetching
  const fetcher = nodeAt(network, node)
  const common = { file: path.relative('', source.path), bytes: source.bytes, node }
  const startedMs = performance.now()
  try {
    if (source.id === undefined) throw new Error(`node ${plan.sharer} does not share it`)
    const fetched = await fetcher.files.fetch(source.id, { into: folder, name, signal })
    const elapsedMs = performance.now() - startedMs
    const sha256 = await sha256Of(fetched.path)
    await rm(fetched.path)
    if (sha256 !== source.sha256)
      throw new Error(`it came with another SHA-256, ${sha256}, than the source's ${source.sha256}`)
    return { ...common, elapsedMs, hops: fetched.hops, failure: undefined }
  } catch (error) {
    signal.throwIfAborted()
    const said = error instanceof Error ? error.message : String(error)
    const failure = (await hasChanged(source)) ? 'the file was changed on disk while the demo ran' : said
    return { ...common, elapsedMs: performance.now() - startedMs, hops: undefined, failure }
  }
}

async function hasChanged(source: Source): Promise<boolean> {
  return (await sha256Of(source.path).catch(() => 'gone')) !== source.sha256
}

function nodeAt(network: DemoNetwork, index: number): DemoNode {
  const node = network.nodes[index]
  if (node === undefined) throw new TypeError(`there is no node ${index}`)
  return node
}
