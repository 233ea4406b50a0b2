/**
 * What an honest pair keeps of its throughput while strangers attack the node that answers: 16 echoes of 100 bytes in flight, first in peace,
 * then under attack, in turns within one run. The attackers share this process's core, so the figure is what is left of both.
 * Attacks: `silent`, 128 links that are opened and say nothing; `garbage`, 500 new links a second that send 1 KiB of random bytes.
 */
import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import { openServer } from '../sessions.mjs'
import { loadSubject } from '../subjects.mjs'

const bytes = 100
const inFlight = 16
const silentLinks = 128
const garbageEveryMs = 10
const garbageAtOnce = 5

export const subjects = ['mydht']

export function variants({ seconds }) {
  return ['silent', 'garbage'].map((attack) => ({ attack, seconds }))
}

export function warmUp(variant) {
  return { ...variant, seconds: Math.min(1, variant.seconds) }
}

/** One server process, one honest connection to it, and the attackers' way there. */
export async function open(subject) {
  const server = await openServer('under-attack', subject)
  const { openEcho } = await loadSubject(subject)
  const client = await openEcho(server.address, new Uint8Array(bytes).fill(7))
  const { hostname, port } = new URL(server.address)
  const attacks = { silent: () => silent(hostname, port), garbage: () => garbage(hostname, port) }
  const perSecond = async (seconds) => {
    const { count, ms } = await client.run(inFlight, seconds)
    return (count / ms) * 1000
  }
  return {
    async run({ attack, seconds }) {
      const peace = await perSecond(seconds / 2)
      const stop = attacks[attack]()
      const attacked = await perSecond(seconds / 2)
      const links = stop()
      const settings = { attack, inFlight, bytesEachWay: bytes }
      return [
        { unit: '% of peace', value: (attacked / peace) * 100, settings },
        { unit: 'hostile links', value: links, settings },
      ]
    },
    async close() {
      await client.close()
      await server.close()
    },
  }
}

/** Opens links that say nothing. Gives what ends them and tells how many there were. */
function silent(host, port) {
  const links = Array.from({ length: silentLinks }, () => stranger(host, port))
  return () => end(links)
}

/** Opens links one after the other, each with random bytes. */
function garbage(host, port) {
  const links = []
  const timer = setInterval(() => {
    for (let i = 0; i < garbageAtOnce; i++) {
      const link = stranger(host, port)
      link.write(randomBytes(1024))
      links.push(link)
    }
  }, garbageEveryMs)
  return () => {
    clearInterval(timer)
    return end(links)
  }
}

function stranger(host, port) {
  const link = connect({ host, port: Number(port) })
  // The node hangs up on strangers: that is what is measured.
  link.on('error', () => {})
  link.resume()
  return link
}

function end(links) {
  for (const link of links) link.destroy()
  return links.length
}
