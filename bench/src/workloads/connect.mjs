/**
 * Whole connections between two processes: opened, both sides proved to each other, closed; so many at a time. Each of those at a time is a
 * client of its own, one connection after the other.
 */
import { openServer } from '../sessions.mjs'
import { loadSubject, subjectNames } from '../subjects.mjs'

export const subjects = subjectNames

export function variants({ seconds }) {
  return [1, 8].map((atOnce) => ({ atOnce, seconds }))
}

export function warmUp(variant) {
  return { ...variant, seconds: Math.min(1, variant.seconds) }
}

/** One server process. */
export async function open(subject) {
  const server = await openServer('connect', subject)
  const { openConnector } = await loadSubject(subject)
  return {
    async run({ atOnce, seconds }) {
      const clients = await Promise.all(Array.from({ length: atOnce }, () => openConnector(server.address)))
      const { count, ms } = await connectFor(clients, seconds)
      await Promise.all(clients.map((client) => client.close()))
      return [{ unit: 'connections/s', value: (count / ms) * 1000, settings: { atOnce } }]
    },
    close: () => server.close(),
  }
}

async function connectFor(clients, seconds) {
  let count = 0
  const began = performance.now()
  const end = began + seconds * 1000
  const repeat = async (client) => {
    do {
      await client.once()
      count++
    } while (performance.now() < end)
  }
  await Promise.all(clients.map(repeat))
  return { count, ms: performance.now() - began }
}
