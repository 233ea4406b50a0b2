/**
 * What it costs that a service is a service: `send` to one that runs `inline`, beside the bare call of its `handle`. Both count and emit nothing.
 */
import { systemClock, systemRandom } from 'mydht'
import { inline } from 'mydht/service'
import { ratePerSecond } from '../loop.mjs'

export const subjects = ['inline', 'bare-call']

export function variants({ seconds }) {
  return [{ seconds: seconds / 4 }]
}

export function warmUp(variant) {
  return variant
}

const counter = {
  name: 'counter',
  module: import.meta.url,
  sync: true,
  create: () => {
    let sum = 0
    return {
      handle(command) {
        sum += command.add
      },
      save: () => sum,
    }
  },
}

/** One service, or its bare instance. */
export async function open(subject) {
  const command = { type: 'add', add: 1 }
  const send = subject === 'inline' ? inlineSend() : bareSend()
  const work = () => send(command)
  return {
    run: async ({ seconds }) => {
      const rate = ratePerSecond(work, seconds, 10_000)
      return [
        { unit: 'commands/s', value: rate, settings: {} },
        { unit: 'ns', value: 1e9 / rate, settings: {} },
      ]
    },
    close: async () => {},
  }
}

function inlineSend() {
  const parts = { clock: systemClock, random: systemRandom, log: () => {} }
  const handle = inline().spawn(counter, undefined, parts, { send: () => true })
  return (command) => handle.send(command)
}

function bareSend() {
  const service = counter.create()
  const emit = () => true
  return (command) => service.handle(command, emit)
}
