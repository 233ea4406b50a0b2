/**
 * @module testing/sim/statistics
 * Numbers in one line: mean and percentiles of a sample. Not here: what is counted (`lookups.ts`).
 */

/** A sample in four numbers; all 0 when it is empty. */
export interface Summary {
  readonly mean: number
  readonly p50: number
  readonly p99: number
  readonly max: number
}

/** The summary of a sample. Percentiles by nearest rank: each is a number of the sample. */
export function summary(sample: readonly number[]): Summary {
  const sorted = sample.toSorted((a, b) => a - b)
  const rank = (share: number): number => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0
  const total = sorted.reduce((sum, each) => sum + each, 0)
  return {
    mean: sorted.length === 0 ? 0 : rounded(total / sorted.length),
    p50: rank(0.5),
    p99: rank(0.99),
    max: rank(1),
  }
}

/** Three digits behind the point: more would be noise in a report. */
export function rounded(value: number): number {
  return Math.round(value * 1000) / 1000
}

/** The straight line through points by least squares. Fewer than two different x: slope 0. */
export function fit(points: readonly (readonly [x: number, y: number])[]): {
  readonly slope: number
  readonly at0: number
} {
  const mean = (pick: (point: readonly [number, number]) => number): number =>
    points.reduce((sum, point) => sum + pick(point), 0) / Math.max(1, points.length)
  const meanX = mean(([x]) => x)
  const meanY = mean(([, y]) => y)
  const spread = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0)
  const slope = spread === 0 ? 0 : points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0) / spread
  return { slope, at0: meanY - slope * meanX }
}
