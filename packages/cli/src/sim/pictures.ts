/**
 * @module sim/pictures
 * Pictures of simulations as SVG files: how far lookups went, how long they took, and, of networks of several sizes, how both grow. Not here: drawing
 * (`mydht-pictures`).
 */
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { fit } from 'mydht/testing'
import type { ChartOptions } from 'mydht-pictures'
import { usageError } from '../output.ts'
import type { SimRun } from './report.ts'

interface Pictures {
  readonly chart: (options: ChartOptions) => string
}
type Point = readonly [number, number]

/** Loads the library that draws, or says what to install. Before anything is simulated. */
export async function loadPictures(): Promise<Pictures> {
  return import('mydht-pictures').catch((error: unknown) => {
    const why = error instanceof Error ? error.message : String(error)
    throw usageError(`--pictures needs the package mydht-pictures: npm install mydht-pictures (${why})`)
  })
}

/** Draws what there is to see and writes it into a folder, which is made. Gives the files. */
export async function writePictures(
  pictures: Pictures,
  folder: string,
  runs: readonly SimRun[]
): Promise<readonly string[]> {
  await mkdir(folder, { recursive: true })
  const files: string[] = []
  for (const [name, svg] of drawn(pictures, runs)) {
    const file = path.join(folder, name)
    await writeFile(file, svg)
    files.push(file)
  }
  return files
}

function drawn(pictures: Pictures, runs: readonly SimRun[]): readonly (readonly [string, string])[] {
  const some = runs.filter(({ result }) => result.succeeded > 0)
  if (some.length === 0) return []
  const made: (readonly [string, string])[] = [
    [
      'hops.svg',
      pictures.chart({
        title: 'How far lookups went',
        x: { title: 'hops' },
        y: { title: 'share of lookups that found (%)', min: 0 },
        series: some.map(({ result }) => ({
          name: `${result.nodes} nodes`,
          kind: 'line',
          points: result.hopCounts.map((count, hops): Point => [hops, (100 * count) / result.succeeded]),
        })),
      }),
    ],
  ]
  const sizes = new Set(some.map(({ result }) => result.nodes))
  if (sizes.size < 2) return made
  made.push(['hops-by-nodes.svg', growth(pictures, some, 'hops', ({ result }) => result.hops.mean)])
  made.push(['messages-by-nodes.svg', growth(pictures, some, 'messages', ({ result }) => result.messages.mean)])
  return made
}

/** How a number of a lookup grows with the network, beside what theory says of it or the line that fits. */
function growth(
  pictures: Pictures,
  runs: readonly SimRun[],
  what: 'hops' | 'messages',
  pick: (run: SimRun) => number
): string {
  const points = runs.map((run): Point => [run.result.nodes, pick(run)]).toSorted(([a], [b]) => a - b)
  const { slope, at0 } = fit(points.map(([nodes, value]) => [Math.log2(nodes), value]))
  const fitted = points.map(([nodes]): Point => [nodes, Math.max(0, at0 + slope * Math.log2(nodes))])
  return pictures.chart({
    title: `${what[0]?.toUpperCase()}${what.slice(1)} of a lookup against the size of the network`,
    x: { title: 'nodes', scale: 'log' },
    y: { title: what, min: 0 },
    series: [
      { name: 'measured', kind: 'dots', points },
      { name: `fit: ${slope.toFixed(2)} for each doubling`, kind: 'line', points: fitted },
      ...(what === 'hops' ? [theory(points)] : []),
    ],
  })
}

/**
 * Kademlia with buckets of k contacts halves the distance log2(k) times at a time at best: log2(N) / log2(k) hops, with k = 20
 * (Stutzbach and Rejaie, "Improving lookup performance over a widely-deployed DHT", 2006).
 */
function theory(points: readonly Point[]) {
  return {
    name: 'theory: log2(N) / log2(20)',
    kind: 'dashed' as const,
    points: points.map(([nodes]): Point => [nodes, Math.log2(nodes) / Math.log2(20)]),
  }
}
