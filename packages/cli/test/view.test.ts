import assert from 'node:assert/strict'
import test from 'node:test'
import { reportOf } from '../src/control/protocol.ts'
import type { Report } from '../src/control/protocol.ts'
import { plainScreen, terminalScreen } from '../src/screen.ts'
import { viewOf } from '../src/top/view.ts'
import { serviceOf, statsOf } from './stats.ts'

const report = (stats: Parameters<typeof statsOf>[0]): Report => reportOf('mydht', statsOf(stats))
const rowOf = (lines: readonly string[], service: string): readonly string[] =>
  lines.find((line) => line.startsWith(service))?.split(/ {2,}/) ?? []

test('what is not measured is no zero', () => {
  const lines = viewOf(report({ measured: false, services: { main: serviceOf() } }))
  assert.equal(rowOf(lines, 'main')[6], '-')
  assert.ok(!lines.some((line) => line.includes('event loop')))
})

test('the services of the command fit into 80 columns, however busy they are', () => {
  const busy = { handled: 999_000, busyMs: 9900, queued: 9999, lagMs: 999, restarts: 9, dropped: 999 }
  const services = { 'files.global': serviceOf({ spawner: 'coroutine', ...busy }) }
  const lines = viewOf(report({ services, uptimeMs: 10_000 }))
  const table = lines.slice(lines.indexOf('') + 1)
  assert.ok(table.every((line) => line.length < 80))
})

test('names that steer a terminal do not', () => {
  const lines = viewOf(report({ services: { 'a\u001b[2J': serviceOf() }, addresses: ['tcp://\u001b[2J'] }))
  assert.ok(lines.every((line) => !line.includes('\u001b')))
})

test('a node that has just begun has no rates yet', () => {
  assert.equal(rowOf(viewOf(report({ uptimeMs: 0, services: { main: serviceOf() } })), 'main')[5], '-')
})

test('the first picture is the average since the start, the next ones are of the time between', () => {
  const first = report({ uptimeMs: 10_000, services: { main: serviceOf({ handled: 500, busyMs: 1000 }) } })
  const then = report({
    uptimeMs: 12_000,
    services: {
      main: serviceOf({ handled: 40_500, busyMs: 1500, queued: 3, lagMs: 12, restarts: 1, dropped: 2 }),
      'kv.global': serviceOf({ spawner: 'pool', handled: 10 }),
    },
  })
  assert.deepEqual(rowOf(viewOf(first), 'main').slice(4, 7), ['500', '50', '10.0%'])
  const lines = viewOf(then, first)
  const row = ['main', 'inline', '1', '3', '40.5 k', '20.0 k', '25.0%', '12 ms', '1', '2']
  assert.deepEqual(rowOf(lines, 'main'), row)
  assert.deepEqual(rowOf(lines, 'kv.global').slice(0, 6), ['kv.global', 'pool', '1', '0', '10', '5'])
})

test('the lines above say how the node and its thread are', () => {
  const eventLoop = { p50Ms: 0.1, p99Ms: 3.26, maxMs: 120, overMs: 7000 }
  const memory = {
    rssBytes: 64 * 2 ** 20,
    heapUsedBytes: 10 * 2 ** 20,
    heapTotalBytes: 0,
    externalBytes: 0,
    arrayBuffersBytes: 0,
  }
  const { counters } = statsOf()
  const lines = viewOf(
    report({
      uptimeMs: 3_725_000,
      peers: 2,
      connections: 4,
      phases: { handshake: 1, proven: 0, online: 2, draining: 1 },
      dialling: 3,
      counters: { ...counters, messagesIn: 37_250, failedConnections: 7 },
      eventLoop,
      memory,
    })
  )
  assert.deepEqual(lines.slice(0, 5), [
    `mydht abcdefghijkl…  network mydht  pid ${process.pid}  up 1 h 2 min`,
    'tcp://127.0.0.1:4000',
    'peers 2  connections 4  1 in handshake  1 closing  3 dialling',
    'in 10/s  out 0/s  undelivered 0  dropped 0  failed connections 7',
    'event loop late by p50 0.1 ms  p99 3.3 ms  max 120 ms  memory 64.0 MiB (heap 10.0 MiB)',
  ])
})

/** A terminal that remembers what was written. */
function terminal(columns: number, rows: number) {
  const written: string[] = []
  return { columns, rows, written, write: (text: string) => void written.push(text) }
}

test('a picture is drawn over the last one and never wider or higher than the terminal', () => {
  const stream = terminal(5, 3)
  const screen = terminalScreen(stream)
  screen.draw(['head of it', '12345', '3', '4'])
  screen.draw(['head'])
  screen.draw(['head', 'more'])
  assert.deepEqual(stream.written, [
    '\u001b[1mhea…\u001b[22m\n123…\n',
    '\u001b[2A\r\u001b[J\u001b[1mhead\u001b[22m\n',
    '\u001b[1A\r\u001b[J\u001b[1mhead\u001b[22m\nmore\n',
  ])
})

test('elsewhere pictures follow each other, without a sequence', () => {
  const written: string[] = []
  const screen = plainScreen((text) => written.push(text))
  screen.draw(['a', 'b'])
  screen.draw(['c'])
  assert.equal(written.join(''), 'a\nb\n\nc\n')
})
