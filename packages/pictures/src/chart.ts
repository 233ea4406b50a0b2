/**
 * @module chart
 * One chart as SVG text, the same for the same data. The only file that names the plotting library.
 */
import { BarChart, LineChart } from 'echarts/charts'
import { GridComponent, LegendComponent, TitleComponent } from 'echarts/components'
import { init, setPlatformAPI, use } from 'echarts/core'
import { SVGRenderer } from 'echarts/renderers'

/**
 * One axis. `log`: its numbers must be above 0, and those of the points are named on it, up to ten. `steps`, along x only: whole numbers from 0,
 * each with a place of its own, as bars need it.
 */
export interface Axis {
  readonly title: string
  readonly scale?: 'linear' | 'log' | 'steps' | undefined
  readonly min?: number | undefined
  readonly max?: number | undefined
}

/** Points of one colour and name. `line`: joined dots; `dots`: no line; `trend`, `dashed`: a line without dots, to compare with. */
export interface Series {
  readonly name: string
  readonly kind: 'line' | 'dashed' | 'trend' | 'dots' | 'bars'
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

/** Text and lines that must be read: 7 to 1 against white, and more. */
const ink = '#333333'
const faint = '#dddddd'
/** Widths of letters by their size: of DejaVu Sans, the widest of what stands for `sans-serif`. Nothing overlaps where a narrower one is there. */
const letterWidth = 0.63
const fontSize = 12
/** Numbers that a log axis names. */
const mostNamed = 10

setPlatformAPI({
  measureText: (text, font) => ({
    width: text.length * letterWidth * Number(/(\d+)px/.exec(font ?? '')?.[1] ?? fontSize),
  }),
})

/** Draws it. Throws TypeError when there is nothing to draw, a number is none, or an axis of steps has other numbers. */
export function chart(options: ChartOptions): string {
  const { title, x, y, series, width = 720, height = 440 } = options
  const numbers = series.flatMap(({ points }) => points.flat())
  if (numbers.length === 0) throw new TypeError(`chart '${title}': there is no point to draw`)
  const bad = numbers.find((each) => !Number.isFinite(each))
  if (bad !== undefined) throw new TypeError(`chart '${title}': got ${bad}, give finite numbers`)
  const across = series.flatMap(({ points }) => points.map(([at]) => at))
  const step = x.scale === 'steps' ? across.find((each) => !Number.isInteger(each) || each < 0) : undefined
  if (step !== undefined) throw new TypeError(`chart '${title}': got ${step} along x, give whole numbers from 0`)
  const canvas = init(null, null, { renderer: 'svg', ssr: true, width, height })
  try {
    canvas.setOption({
      animation: false,
      color: colours,
      backgroundColor: '#ffffff',
      textStyle: { color: ink, fontSize },
      title: { text: title, left: 'center', top: 8, textStyle: { fontSize: 15, color: ink } },
      legend: {
        bottom: 2,
        itemGap: 12,
        itemWidth: 30,
        itemHeight: 10,
        textStyle: { color: ink, fontSize },
        data: series.map(legendOf),
      },
      grid: { left: 70, right: 30, top: 50, bottom: 100 },
      xAxis: axisOf(x, 32, across),
      yAxis: axisOf(
        y,
        45,
        series.flatMap(({ points }) => points.map(([, at]) => at))
      ),
      series: series.map(seriesOf),
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

function axisOf({ title, scale = 'linear', min, max }: Axis, gap: number, numbers: readonly number[]): object {
  const line = { lineStyle: { color: ink } }
  const common = {
    name: title,
    nameLocation: 'middle',
    nameGap: gap,
    nameTextStyle: { color: ink, fontSize },
    axisLine: { show: true, ...line },
    axisTick: { show: true, ...line },
    axisLabel: { color: ink, fontSize },
    splitLine: { lineStyle: { color: faint } },
    minorSplitLine: { show: false },
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
  }
  if (scale === 'linear') return { ...common, type: 'value' }
  if (scale === 'steps')
    return { ...common, type: 'category', data: Array.from({ length: Math.max(...numbers) + 1 }, (_, at) => `${at}`) }
  const named = [...new Set(numbers)].toSorted((a, b) => a - b)
  const [customValues, hideOverlap] = [named, true]
  return {
    ...common,
    type: 'log',
    // Room beside the first and the last point, which an axis that ends at them would cut.
    min: min ?? roundDown(Math.min(...numbers) * 0.8),
    max: max ?? roundUp(Math.max(...numbers) * 1.25),
    ...(named.length > mostNamed
      ? {}
      : {
          axisLabel: { ...common.axisLabel, customValues, hideOverlap },
          axisTick: { ...common.axisTick, customValues },
          splitLine: { show: false },
        }),
  }
}

/** To two digits: an axis may name where it ends. */
function roundDown(value: number): number {
  const unit = 10 ** (Math.floor(Math.log10(value)) - 1)
  return Math.floor(value / unit) * unit
}

function roundUp(value: number): number {
  const unit = 10 ** (Math.floor(Math.log10(value)) - 1)
  return Math.ceil(value / unit) * unit
}

function seriesOf({ name, kind, points }: Series): object {
  const data = points.map((point) => [...point])
  if (kind === 'bars') return { type: 'bar', name, data, barMaxWidth: 40, barGap: '10%' }
  const hasDots = kind === 'line' || kind === 'dots'
  return {
    type: 'line',
    name,
    data,
    symbol: hasDots ? 'circle' : 'none',
    symbolSize: 8,
    // What was measured lies over what it is compared with.
    z: hasDots ? 3 : 2,
    lineStyle: { type: kind === 'dashed' ? [8, 5] : 'solid', width: kind === 'dots' ? 0 : 2 },
  }
}

/** Its sign in the legend is what is in the picture: a dot, a line, a dashed one. */
function legendOf({ name, kind }: Series): object {
  if (kind === 'bars') return { name, icon: 'rect' }
  if (kind === 'dots') return { name, icon: 'circle' }
  return kind === 'line' ? { name } : { name, itemStyle: { opacity: 0 } }
}
