/**
 * 100 bytes there and 100 bytes back, between two processes, over one connection, so many at a time.
 * One request and its response count as one message.
 */
import { openServer } from '../sessions.mjs'
import { loadSubject, subjectNames } from '../subjects.mjs'

const bytes = 100

export const subjects = subjectNames

/** 1 shows the latency, 256 what batching gives. */
export function variants({ seconds }) {
  return [1, 16, 256].map((inFlight) => ({ inFlight, seconds }))
}

export function warmUp(variant) {
  return { ...variant, seconds: Math.min(1, variant.seconds) }
}

/** One server process and one connection to it. */
export async function open(subject) {
  const server = await openServer('request-response', subject)
  const { openEcho } = await loadSubject(subject)
  const client = await openEcho(server.address, new Uint8Array(bytes).fill(7))
  return {
    async run({ inFlight, seconds }) {
      const { count, ms } = await client.run(inFlight, seconds)
      const settings = { inFlight, bytesEachWay: bytes, message: 'one request and its response' }
      const figures = [{ unit: 'messages/s', value: (count / ms) * 1000, settings }]
      if (inFlight === 1) figures.push({ unit: 'µs', value: (ms / count) * 1000, settings })
      return figures
    },
    async close() {
      await client.close()
      await server.close()
    },
  }
}
