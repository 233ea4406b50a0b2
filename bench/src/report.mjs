/**
 * From the values of single runs to lines: median, least and most of each figure; as JSON or as a table. Not here: measuring.
 */

/** One line per subject, unit and settings, in the order in which they first came. */
export function summarise(workload, measured) {
  const groups = new Map()
  for (const { subject, unit, value, settings } of measured) {
    const key = JSON.stringify([settings, unit, subject])
    const group = groups.get(key) ?? { workload, subject, unit, settings, values: [] }
    group.values.push(value)
    groups.set(key, group)
  }
  return [...groups.values()].map(({ values, settings, ...rest }) => ({
    ...rest,
    median: round(median(values)),
    min: round(Math.min(...values)),
    max: round(Math.max(...values)),
    runs: values.length,
    settings,
  }))
}

/** The line that `--json` promises. */
export function jsonLine({ workload, subject, unit, median: middle, min, max, runs, settings }) {
  return JSON.stringify({ workload, subject, unit, median: middle, min, max, runs, settings })
}

/** All lines as a table for people; the last column is to `tls` or, for stores, to `classic-level`. */
export function printTable(lines) {
  const rows = lines.map((line) => [
    line.workload,
    briefly(line.settings),
    line.subject,
    format(line.median),
    line.unit,
    `${format(line.min)} – ${format(line.max)}`,
    ratio(line, lines),
  ])
  const table = [['workload', 'settings', 'subject', 'median', 'unit', 'least – most', 'of the measure'], ...rows]
  const widths = table[0].map((_, column) => Math.max(...table.map((row) => row[column].length)))
  for (const row of table) {
    console.log(
      row
        .map((cell, column) => (column === 3 ? cell.padStart(widths[column]) : cell.padEnd(widths[column])))
        .join('  ')
        .trimEnd()
    )
  }
}

/** The median of some numbers. */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b)
  const half = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2
}

/** The value below which a share of the numbers lies: nearest rank. */
export function percentile(values, share) {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)]
}

/** Subjects that others are held against. */
const measures = ['tls', 'classic-level']

/** How a figure compares with the same figure of such a subject, where there is one. */
function ratio(line, lines) {
  const same = JSON.stringify([line.workload, line.unit, line.settings])
  const other = lines.find(
    (one) => measures.includes(one.subject) && JSON.stringify([one.workload, one.unit, one.settings]) === same
  )
  return other === undefined ? '' : `${(line.median / other.median).toFixed(2)}×`
}

function briefly(settings) {
  return Object.entries(settings)
    .filter(([, value]) => typeof value === 'number' || (typeof value === 'string' && value.length <= 12))
    .map(([key, value]) => `${key}=${value}`)
    .join(' ')
}

function round(value) {
  return value >= 100 ? Math.round(value) : Number(value.toPrecision(3))
}

function format(value) {
  return value.toLocaleString('en-US', { maximumFractionDigits: value >= 100 ? 0 : 3 }).replaceAll(',', ' ')
}
