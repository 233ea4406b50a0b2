import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chart, type ChartOptions } from '../src/chart.ts'

const options: ChartOptions = {
  title: 'Hops <against> nodes',
  x: { title: 'nodes', scale: 'log' },
  y: { title: 'hops', min: 0 },
  series: [
    {
      name: 'measured',
      kind: 'line',
      points: [
        [100, 2],
        [1000, 3],
      ],
    },
    {
      name: 'theory',
      kind: 'dashed',
      points: [
        [100, 1.7],
        [1000, 2.5],
      ],
    },
  ],
}

test('nothing to draw, and numbers that are none, are TypeErrors that name the chart', () => {
  assert.throws(() => chart({ ...options, series: [] }), /Hops.*no point/)
  const bad = [{ name: 'x', kind: 'line', points: [[1, Number.NaN]] }] as const
  assert.throws(() => chart({ ...options, series: bad }), /got NaN/)
})

test('a chart is SVG with its words, escaped, and the same for the same data', () => {
  const svg = chart(options)
  assert.match(svg, /^<svg [^>]*width="720" height="440"/)
  for (const word of ['Hops &lt;against&gt; nodes', 'nodes', 'hops', 'measured', 'theory', '1,000'])
    assert.ok(svg.includes(word), `no '${word}' in ${svg.slice(0, 2000)}`)
  assert.match(svg, /stroke-dasharray/)
  assert.equal(chart(options), svg)
})

test('an axis of steps takes whole numbers from 0 only, and names each, those without a bar too', () => {
  const bars = (points: readonly (readonly [number, number])[]): ChartOptions => ({
    ...options,
    x: { title: 'hops', scale: 'steps' },
    series: [{ name: 'lookups', kind: 'bars', points }],
  })
  assert.throws(() => chart(bars([[0.5, 1]])), /got 0.5 along x/)
  assert.throws(() => chart(bars([[-1, 1]])), /got -1 along x/)
  const words = textsOf(
    chart(
      bars([
        [0, 5],
        [3, 9],
      ])
    )
  ).map(({ text }) => text)
  for (const word of ['0', '1', '2', '3', 'lookups']) assert.ok(words.includes(word), words.join(' '))
})

test('a log axis names the points, not only powers of ten', () => {
  const points = [30, 60, 100].map((nodes): readonly [number, number] => [nodes, Math.log2(nodes)])
  const words = textsOf(chart({ ...options, series: [{ name: 'measured', kind: 'dots', points }] })).map(
    ({ text }) => text
  )
  for (const word of ['30', '60', '100']) assert.ok(words.includes(word), words.join(' '))
})

test('no text lies over another or its sign in the legend, however wide the letters of the font are', () => {
  const long = ['measured', 'fit: 0.23 for each doubling', 'theory: log2(N) / log2(20), 0.23 for each doubling']
  const series = long.map(
    (name) =>
      ({
        name,
        kind: 'trend',
        points: [
          [100, 2],
          [10_000, 3],
        ],
      }) as const
  )
  const texts = textsOf(chart({ ...options, series }))
  assert.ok(texts.length > 10)
  for (const one of texts) {
    for (const other of texts) {
      if (one === other || Math.abs(one.y - other.y) >= 12) continue
      assert.ok(one.to < other.from || other.to < one.from, `'${one.text}' and '${other.text}'`)
    }
  }
})

interface Text {
  readonly text: string
  readonly from: number
  readonly to: number
  readonly y: number
}

/** The texts of a chart that are written from left to right, and how far they reach in DejaVu Sans, whose letters are wide. */
function textsOf(svg: string): readonly Text[] {
  return [...svg.matchAll(/<text ([^>]*)>([^<]*)/g)].flatMap(([, attributes = '', text = '']): readonly Text[] => {
    const place = /transform="translate\(([\d.]+) ([\d.]+)\)"/.exec(attributes)
    if (!place) return []
    const [x, y] = [Number(place[1]), Number(place[2])]
    const width = 0.6 * text.length * (attributes.includes('font-size:15px') ? 15 : 12)
    const anchor = /text-anchor="(\w+)"/.exec(attributes)?.[1]
    const from = anchor === 'middle' ? x - width / 2 : anchor === 'end' ? x - width : x
    // In the legend a text stands behind its sign.
    const behind = Number(/ x="([\d.]+)"/.exec(attributes)?.[1] ?? 0)
    return [{ text, from, to: from + behind + width, y }]
  })
}
