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

test('bars are drawn', () => {
  const series = [
    {
      name: 'lookups',
      kind: 'bars',
      points: [
        [0, 5],
        [1, 9],
      ],
    },
  ] as const
  assert.notEqual(chart({ ...options, x: { title: 'hops' }, series }), chart({ ...options, x: { title: 'hops' } }))
})
