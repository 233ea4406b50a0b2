/**
 * Many bytes in one direction over one connection between two processes: from memory into a sink that counts them and looks no closer.
 * The receiver's clock runs from its asking to the last byte.
 */
import { openServer } from '../sessions.mjs'
import { loadSubject, subjectNames } from '../subjects.mjs'

const mibBytes = 1024 * 1024

export const subjects = subjectNames

export function variants({ mib }) {
  return [{ mib }]
}

export function warmUp({ mib }) {
  return { mib: Math.min(64, mib) }
}

/** One server process and one connection to it. */
export async function open(subject) {
  const server = await openServer('bulk', subject)
  const { openBulk } = await loadSubject(subject)
  const client = await openBulk(server.address)
  return {
    async run({ mib }) {
      const total = mib * mibBytes
      const began = performance.now()
      const received = await client.receive(total)
      const ms = performance.now() - began
      if (received !== total) throw new Error(`${total} bytes were asked for, ${received} came`)
      return [{ unit: 'MB/s', value: total / 1000 / ms, settings: { mib, connections: 1 } }]
    },
    async close() {
      await client.close()
      await server.close()
    },
  }
}
