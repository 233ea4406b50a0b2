/**
 * @module top/view
 * What `mydht top` shows of a node: lines of text, from one report and the one before. Not here: how they come to the terminal (`screen.ts`).
 */
import type { LoopStats, NodeServiceStats, NodeStats } from 'mydht'
import type { Report } from '../control/protocol.ts'
import { bytesText, countText, durationText, harmless, millisecondsText, tableOf } from '../text.ts'

/** The lines. Rates are those since `before`; without it, since the node's start. */
export function viewOf({ pid, network, stats }: Report, before?: Report): readonly string[] {
  const overMs = stats.uptimeMs - (before?.stats.uptimeMs ?? 0)
  const rate = (now: number, then: number | undefined): string =>
    overMs > 0 ? countText(((now - (then ?? 0)) * 1000) / overMs) : '-'
  return [
    `mydht ${stats.id.slice(0, 12)}…  network ${harmless(network)}  pid ${pid}  up ${durationText(stats.uptimeMs)}`,
    ...stats.addresses.slice(0, 2).map((address) => harmless(address)),
    connectionsLine(stats),
    messagesLine(stats, before?.stats, rate),
    machineLine(stats),
    '',
    ...serviceTable(stats, before?.stats, overMs, rate).split('\n'),
  ]
}

type Rate = (now: number, then: number | undefined) => string

function connectionsLine({ peers, connections, phases, dialling, signing }: NodeStats): string {
  const unfinished = [
    [phases.handshake + phases.proven, 'in handshake'],
    [phases.draining, 'closing'],
    [dialling, 'dialling'],
    [signing, 'signing'],
  ] as const
  const parts = unfinished.flatMap(([count, what]) => (count > 0 ? [`${count} ${what}`] : []))
  return [`peers ${peers}  connections ${connections}`, ...parts].join('  ')
}

function messagesLine({ counters }: NodeStats, before: NodeStats | undefined, rate: Rate): string {
  const { messagesIn, messagesOut, undelivered, droppedMessages, failedConnections } = counters
  const then = before?.counters
  return [
    `in ${rate(messagesIn, then?.messagesIn)}/s`,
    `out ${rate(messagesOut, then?.messagesOut)}/s`,
    `undelivered ${countText(undelivered)}`,
    `dropped ${countText(droppedMessages)}`,
    `failed connections ${countText(failedConnections)}`,
  ].join('  ')
}

function machineLine({ eventLoop, memory }: NodeStats): string {
  const memoryText = memory && `memory ${bytesText(memory.rssBytes)} (heap ${bytesText(memory.heapUsedBytes)})`
  return [eventLoop && loopText(eventLoop), memoryText].filter((text) => text !== undefined).join('  ')
}

function loopText({ p50Ms, p99Ms, maxMs }: LoopStats): string {
  const [p50, p99, max] = [p50Ms, p99Ms, maxMs].map(millisecondsText)
  return `event loop late by p50 ${p50}  p99 ${p99}  max ${max}`
}

/** Short, so that it fits into 80 columns; `mydht top --help` explains them. */
const head = ['service', 'runs as', 'n', 'wait', 'done', '/s', 'busy', 'lag', 'restarts', 'lost']

function serviceTable(
  { services, measured }: NodeStats,
  before: NodeStats | undefined,
  overMs: number,
  rate: Rate
): string {
  const row = ([name, now]: readonly [string, NodeServiceStats]): readonly string[] => {
    const then = before?.services[name]
    const busy = overMs > 0 ? ((now.busyMs - (then?.busyMs ?? 0)) * 100) / overMs : 0
    return [
      harmless(name),
      now.spawner,
      String(now.instances),
      countText(now.queued),
      countText(now.handled),
      rate(now.handled, then?.handled),
      measured ? `${busy.toFixed(1)}%` : '-',
      millisecondsText(now.lagMs),
      countText(now.restarts),
      countText(now.dropped),
    ]
  }
  return tableOf(
    head,
    Object.entries(services).map(row),
    head.map((_, column) => column).filter((column) => column > 1)
  )
}
