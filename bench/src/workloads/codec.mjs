/**
 * One request of 100 bytes, encoded into memory that is there and decoded again, by both encodings. Looks inside MyDHT: encodings are no API.
 */
import { createBinary } from '../../../packages/mydht/dist/src/encodings/binary.js'
import { createJson } from '../../../packages/mydht/dist/src/encodings/json.js'
import { ratePerSecond } from '../loop.mjs'

const bytes = 100

export const subjects = ['binary', 'json']

export function variants({ seconds }) {
  return [{ bytes, seconds: seconds / 4 }]
}

export function warmUp(variant) {
  return variant
}

/** One encoding. */
export async function open(subject) {
  const encoding = subject === 'binary' ? createBinary() : createJson()
  const message = { type: 'request', app: 'touch', id: 123_456, body: new Uint8Array(bytes).fill(7) }
  const target = new Uint8Array(encoding.sizeBound(message))
  const roundTrip = () => {
    encoding.sizeBound(message)
    const end = encoding.encode(message, target, 0)
    if (!encoding.decode(target.subarray(0, end)).ok) throw new Error('what was encoded does not decode')
  }
  return {
    run: async ({ seconds }) => [
      {
        unit: 'encode+decode/s',
        value: ratePerSecond(roundTrip, seconds, 1000),
        settings: { message: 'request', bytes },
      },
    ],
    close: async () => {},
  }
}
