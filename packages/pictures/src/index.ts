/**
 * @module mydht-pictures
 * Charts as SVG text: lines and bars over two axes. Not here: what they show, and files.
 */
export { chart } from './chart.ts'
export type { Axis, ChartOptions, Series } from './chart.ts'
