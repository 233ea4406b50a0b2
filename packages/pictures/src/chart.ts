/**
 * @module chart
 * One chart as SVG text, the same for the same data. The only file that names the plotting library.
 */
import { BarChart, LineChart } from 'echarts/charts'
import { GridComponent, LegendComponent, TitleComponent } from 'echarts/components'
import { init, use } from 'echarts/core'
import { SVGRenderer } from 'echarts/renderers'

/** One axis. `log`: to base 10; its numbers must be above 0. */
export interface Axis {
  readonly title: string
  readonly scale?: 'linear' | 'log' | undefined
  readonly min?: number | undefined
  readonly max?: number | undefined
}

/** Points of one colour and name. `dashed`: a line to compare with; `dots`: no line. */
export interface Series {
  readonly name: string
  readonly kind: 'line' | 'dashed' | 'dots' | 'bars'
  readonly points: readonly (readonly [x: number, y: number])[]
}

/** A chart. */
export interface ChartOptions {
  readonly title: string
  readonly x: Axis
  readonly y: Axis
  readonly series: readonly Series[]
  /** Pixels. @default 720 by 440 */
  readonly width?: number | undefined
  readonly height?: number | undefined
}

use([BarChart, LineChart, GridComponent, LegendComponent, TitleComponent, SVGRenderer])

/** Dark enough on white for everybody, and told apart by those who see few colours (Okabe and Ito 2008). */
const colours = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9']

/** Draws it. Throws TypeError when there is nothing to draw, or a number is none. */
export function chart(options: ChartOptions): string {
  const numbers = options.series.flatMap(({ points }) => points.flat())
  if (numbers.length === 0) throw new TypeError(`chart '${options.title}': there is no point to draw`)
  const bad = numbers.find((each) => !Number.isFinite(each))
  if (bad !== undefined) throw new TypeError(`chart '${options.title}': got ${bad}, give finite numbers`)
  const canvas = init(null, null, {
    renderer: 'svg',
    ssr: true,
    width: options.width ?? 720,
    height: options.height ?? 440,
  })
  try {
    canvas.setOption({
      animation: false,
      color: colours,
      backgroundColor: '#ffffff',
      title: { text: options.title, left: 'center', textStyle: { fontSize: 15 } },
      legend: { bottom: 0, data: options.series.map(({ name }) => name) },
      grid: { left: 70, right: 30, top: 50, bottom: 80 },
      xAxis: axisOf(options.x, 30),
      yAxis: axisOf(options.y, 45),
      series: options.series.map(seriesOf),
    })
    return `${renamed(canvas.renderToSVGString())}\n`
  } finally {
    canvas.dispose()
  }
}

/** The library counts its names over all charts of a process: here they count over one. */
function renamed(svg: string): string {
  const names = new Map<string, string>()
  return svg.replaceAll(/\bzr\d+-(?:cls-|c)\d+\b/g, (found) => {
    const name = names.get(found) ?? `n${names.size}`
    names.set(found, name)
    return name
  })
}

function axisOf({ title, scale = 'linear', min, max }: Axis, gap: number): object {
  return {
    type: scale === 'log' ? 'log' : 'value',
    name: title,
    nameLocation: 'middle',
    nameGap: gap,
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
    minorSplitLine: { show: false },
  }
}

function seriesOf({ name, kind, points }: Series): object {
  const data = points.map((point) => [...point])
  if (kind === 'bars') return { type: 'bar', name, data, barMaxWidth: 40 }
  return {
    type: 'line',
    name,
    data,
    symbol: kind === 'dashed' ? 'none' : 'circle',
    symbolSize: 7,
    lineStyle: { type: kind === 'dashed' ? 'dashed' : 'solid', width: kind === 'dots' ? 0 : 2 },
  }
}
