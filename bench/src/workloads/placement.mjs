/**
 * The reason for placements: an app that burns two milliseconds of CPU for each request, under full load from four connections. Its services run inline, or
 * on the threads of a pool; the figures are requests per second and how late the main thread's event loop is. The clients are a process of
 * their own that hardly works.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { createNode } from 'mydht'
import { coroutine } from 'mydht/service'
import { pool } from 'mydht/service/pool'
import { tcp } from 'mydht/transports/tcp'
import { checker, timesFor } from '../apps/check-app.mjs'
import { askChild, endChild, startScript } from '../sessions.mjs'

export const subjects = ['inline', 'coroutine', 'pool(1)', 'pool(2)']

const connections = 4
const workMs = 2

export function variants({ seconds }) {
  // Counted once, so that every subject does the same work.
  return [{ seconds: seconds * 2, inFlight: 4, verifications: timesFor(workMs) }]
}

export function warmUp(variant) {
  return { ...variant, seconds: 0.5 }
}

const places = {
  inline: () => ({}),
  coroutine: () => ({ 'check.local': coroutine() }),
  'pool(1)': () => ({ 'check.local': pool(1) }),
  'pool(2)': () => ({ 'check.local': pool(2) }),
}

/** The answering node lives here, so that this thread's delay is that of its main loop. */
export async function open(subject) {
  const node = await createNode({
    transport: tcp({ host: '127.0.0.1' }),
    apps: { check: checker() },
    placement: places[subject](),
  })
  const clients = startScript('check-clients.mjs')
  await askChild(clients)
  await askChild(clients, { address: node.address, connections })
  return {
    async run({ seconds, inFlight, verifications }) {
      const delay = monitorEventLoopDelay({ resolution: 1 })
      delay.enable()
      const { count, ms } = await askChild(clients, { verifications, inFlight, seconds })
      delay.disable()
      const settings = { workMs, verifications, connections, inFlight }
      return [
        { unit: 'requests/s', value: (count * 1000) / ms, settings },
        { unit: 'ms loop delay p50', value: delay.percentile(50) / 1e6, settings },
        { unit: 'ms loop delay p99', value: delay.percentile(99) / 1e6, settings },
      ]
    },
    async close() {
      await endChild(clients)
      await node.close()
    },
  }
}

/** What the picture shows: one panel for each unit. */
export const picture = {
  title: 'An app that burns 2 ms of CPU per request, by where its services run',
  panels: ['requests/s', 'ms loop delay p99'],
}
