/**
 * The subjects that stay on one stack: `inline` and the bare call of the service's `handle`.
 */
import { systemClock, systemRandom } from 'mydht'
import { inline } from 'mydht/service'
import { ratePerSecond } from '../loop.mjs'
import { rate } from './figures.mjs'
import { chunk, chunks } from './chunks.mjs'

/** One of them. A round trip is no more than a call here, so that only the throughput is measured. */
export async function openCalls(subject) {
  const send = subject === 'inline' ? inlineSend() : bareSend()
  const command = chunk(1)
  return {
    run: async ({ measure, seconds }) =>
      measure === 'throughput' ? [rate(ratePerSecond(() => send(command), seconds / 4, 10_000))] : [],
    close: async () => {},
  }
}

function inlineSend() {
  const parts = { clock: systemClock, random: systemRandom, log: () => {} }
  const handle = inline().spawn(chunks, undefined, parts, { send: () => true })
  return (command) => handle.send(command)
}

function bareSend() {
  const service = chunks.create()
  const emit = () => true
  return (command) => service.handle(command, emit)
}
