/**
 * The service that the workload `channels` sends to, as a definition of MyDHT's: it adds up what is in its commands, and answers where it is
 * asked. A command is 240 bytes on its way, whoever carries it.
 */

/** Bytes of a command as `crossing` writes it: tag, number, body. */
export const commandBytes = 240

const bodyBytes = commandBytes - 9
const silent = { type: 'added', seq: 0 }

/** What is sent: a number and a body. `answer`: the service emits. */
export function chunk(seq, answer = false) {
  return { type: answer ? 'ask' : 'add', seq, body: new Uint8Array(bodyBytes).fill(seq) }
}

const command = {
  encode(value) {
    const bytes = new Uint8Array(9 + value.body.length)
    command.encodeInto(value, bytes, 0)
    return bytes
  },
  encodeInto({ type, seq, body }, into, at) {
    const end = at + 9 + body.length
    if (end > into.length) return undefined
    into[at] = type === 'ask' ? 1 : 0
    writeSeq(into, at + 1, seq)
    into.set(body, at + 9)
    return end
  },
  decode(bytes) {
    return { type: bytes[0] === 1 ? 'ask' : 'add', seq: readSeq(bytes, 1), body: bytes.subarray(9) }
  },
}

const event = {
  encode(value) {
    const bytes = new Uint8Array(8)
    writeSeq(bytes, 0, value.seq)
    return bytes
  },
  encodeInto({ seq }, into, at) {
    if (at + 8 > into.length) return undefined
    writeSeq(into, at, seq)
    return at + 8
  },
  decode: (bytes) => ({ type: 'added', seq: readSeq(bytes, 0) }),
}

/** The service; what `thread()` and the others run. */
export const chunks = {
  name: 'chunks',
  module: import.meta.url,
  sync: true,
  crossing: { init: { encode: () => new Uint8Array(), decode: () => undefined }, command, event },
  create: () => {
    let sum = 0
    return {
      handle({ type, seq, body }, emit) {
        sum += body[0] + seq
        if (type === 'ask') emit(sum < 0 ? silent : { type: 'added', seq })
      },
    }
  },
}

/** Two halves of 32 bits: a number here stays below 2 ** 53. */
function writeSeq(into, at, seq) {
  const low = seq >>> 0
  const high = (seq - low) / 4294967296
  into[at] = low
  into[at + 1] = low >>> 8
  into[at + 2] = low >>> 16
  into[at + 3] = low >>> 24
  into[at + 4] = high
  into[at + 5] = high >>> 8
  into[at + 6] = high >>> 16
  into[at + 7] = high >>> 24
}

function readSeq(bytes, at) {
  const low = (bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)) >>> 0
  const high = (bytes[at + 4] | (bytes[at + 5] << 8) | (bytes[at + 6] << 16) | (bytes[at + 7] << 24)) >>> 0
  return high * 4294967296 + low
}
