/**
 * A picture of a workload's figures: bars of the median with the least and the most of its runs, one panel for each unit, as SVG. Drawn by
 * Apache ECharts, which needs no browser for it.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('../pictures/', import.meta.url))
const width = 860
const height = 360

/** Writes `pictures/WORKLOAD.svg` and gives its path. */
export async function draw(workload, { title, panels }, lines) {
  const echarts = await import('echarts')
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width, height })
  chart.setOption({ ...layout(title, panels.length), ...panelsOf(panels, lines) })
  mkdirSync(folder, { recursive: true })
  const file = `${folder}${workload}.svg`
  writeFileSync(file, `${chart.renderToSVGString()}\n`)
  chart.dispose()
  return file
}

function layout(title, count) {
  const share = 100 / count
  return {
    animation: false,
    backgroundColor: '#ffffff',
    title: { text: title, left: 'center', textStyle: { fontSize: 15 } },
    grid: Array.from({ length: count }, (_, i) => ({
      left: `${i * share + 8}%`,
      width: `${share - 12}%`,
      top: 70,
      bottom: 40,
    })),
  }
}

function panelsOf(panels, lines) {
  const axes = { xAxis: [], yAxis: [], series: [] }
  panels.forEach((unit, i) => {
    const rows = lines.filter((line) => line.unit === unit)
    axes.xAxis.push({ gridIndex: i, type: 'category', data: rows.map(({ subject }) => subject) })
    axes.yAxis.push({ gridIndex: i, type: 'value', name: unit, nameTextStyle: { align: 'left' } })
    axes.series.push({
      type: 'bar',
      xAxisIndex: i,
      yAxisIndex: i,
      barWidth: '50%',
      data: rows.map(({ median }) => median),
      label: { show: true, position: 'insideBottom', color: '#ffffff', fontWeight: 'bold' },
    })
    axes.series.push({ ...whiskers(rows), xAxisIndex: i, yAxisIndex: i })
  })
  return axes
}

/** From the least to the most of the runs. */
function whiskers(rows) {
  return {
    type: 'custom',
    data: rows.map(({ min, max }, i) => [i, min, max]),
    renderItem(_params, api) {
      const [x, low] = api.coord([api.value(0), api.value(1)])
      const [, high] = api.coord([api.value(0), api.value(2)])
      return { type: 'line', shape: { x1: x, y1: low, x2: x, y2: high }, style: { stroke: '#333333', lineWidth: 2 } }
    },
  }
}
