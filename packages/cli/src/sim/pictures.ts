/**
 * @module sim/pictures
 * Pictures of simulations as SVG files: how far lookups went, how long they took, and, of networks of several sizes, how both grow. Not here: drawing
 * (`mydht-pictures`).
 */
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { fit } from 'mydht/testing'
import type { ChartOptions, Series } from 'mydht-pictures'
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
        x: { title: 'hops from the asker to where it was found (0: its own store)', scale: 'steps' },
        y: { title: 'share of lookups that found (%)', min: 0 },
        series: some.map(({ result }) => ({
          name: `${result.nodes} nodes`,
          kind: 'bars',
          points: result.hopCounts.map((count, hops): Point => [hops, (100 * count) / result.succeeded]),
        })),
      }),
    ],
  ]
  const sizes = new Set(some.map(({ result }) => result.nodes))
  if (sizes.size < 2) return made
  made.push(['hops-by-nodes.svg', hopsByNodes(pictures, some)])
  made.push(['messages-by-nodes.svg', messagesByNodes(pictures, some)])
  made.push(['time-by-nodes.svg', timeByNodes(pictures, some)])
  return made
}

function hopsByNodes(pictures: Pictures, runs: readonly SimRun[]): string {
  const points = pointsOf(runs, ({ result }) => result.hops.mean)
  return pictures.chart({
    title: 'Hops of a lookup against the size of the network',
    x: nodesAxis,
    y: { title: 'hops, mean', min: 0 },
    series: [{ name: 'measured', kind: 'dots', points }, fitted(points), theory(points)],
  })
}

function messagesByNodes(pictures: Pictures, runs: readonly SimRun[]): string {
  const points = pointsOf(runs, ({ result }) => result.messages.mean)
  return pictures.chart({
    title: 'Messages of a lookup against the size of the network',
    x: nodesAxis,
    y: { title: 'messages of all nodes, mean', min: 0 },
    series: [{ name: 'measured', kind: 'dots', points }, fitted(points)],
  })
}

function timeByNodes(pictures: Pictures, runs: readonly SimRun[]): string {
  return pictures.chart({
    title: 'Time of a lookup against the size of the network',
    x: nodesAxis,
    y: { title: 'simulated milliseconds', min: 0 },
    series: [
      { name: 'half take at most', kind: 'line', points: pointsOf(runs, ({ result }) => result.lookupMs.p50) },
      { name: '99 of 100 take at most', kind: 'line', points: pointsOf(runs, ({ result }) => result.lookupMs.p99) },
    ],
  })
}

const nodesAxis = { title: 'nodes (log scale)', scale: 'log' } as const

function pointsOf(runs: readonly SimRun[], pick: (run: SimRun) => number): readonly Point[] {
  return runs.map((run): Point => [run.result.nodes, pick(run)]).toSorted(([a], [b]) => a - b)
}

/** The line that fits, as far as there are points. */
function fitted(points: readonly Point[]): Series {
  const { slope, at0 } = fit(points.map(([nodes, value]) => [Math.log2(nodes), value]))
  return {
    name: `fit: ${slope.toFixed(2)} for each doubling`,
    kind: 'trend',
    points: points.map(([nodes]): Point => [nodes, Math.max(0, at0 + slope * Math.log2(nodes))]),
  }
}

/**
 * Kademlia with buckets of k contacts halves the distance log2(k) times at a time at best: log2(N) / log2(k) hops, with k = 20
 * (Stutzbach and Rejaie, "Improving lookup performance over a widely-deployed DHT", 2006).
 */
function theory(points: readonly Point[]): Series {
  return {
    name: `theory: log2(N) / log2(20), ${(1 / Math.log2(20)).toFixed(2)} for each doubling`,
    kind: 'dashed',
    points: points.map(([nodes]): Point => [nodes, Math.log2(nodes) / Math.log2(20)]),
  }
}
