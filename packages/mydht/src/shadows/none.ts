/**
 * @module shadows/none
 * The shadow `none`: hides nothing. Everybody on the way can read and change the bytes. It gives the three messages of a handshake with fresh
 * challenges from both sides, so that signatures made over its bindings prove presence at the opening, and no more.
 * For loopback and debugging; elsewhere it must be asked for with `insecure: true`.
 *
 * Messages 1 and 2: challenge of 32 bytes, payload. Message 3: payload. The binding of a message is a BLAKE2b hash of the prologue and all
 * messages before it, so from message 2 on it depends on the reader's own challenge.
 */
import { crypto } from '#crypto'
import { part } from '../part.ts'
import { maxHandshakeMessageBytes, maxRecordBytes } from './defaults.ts'
import type { HandshakeSetup, Shadow, ShadowFactory, ShadowHandshake, ShadowPart } from './shadow.ts'

const challengeBytes = 32
const hashBytes = 64
const empty = new Uint8Array(0)
const domain = new TextEncoder().encode('mydht/1 shadow none')

/** Shadow 0: nothing is hidden. */
export function none(): ShadowPart {
  return part(import.meta.url, 'createNone', {}, createNone)
}

/** Makes `none` real; `part` calls it. */
export function createNone(): ShadowFactory {
  return () => shadow
}

const shadow: Shadow = {
  name: 'none',
  id: 0,
  sealed: false,
  hidesNetwork: false,
  begin,
  sealer: () => ({
    overhead: 0,
    seal(source, target, at) {
      const end = at + source.length
      if (source.length > maxRecordBytes || end > target.length) {
        throw new TypeError(`a record of ${source.length} bytes does not fit at ${at} of ${target.length}`)
      }
      const there = source.buffer === target.buffer && source.byteOffset === target.byteOffset + at
      if (!there) target.set(source, at)
      return end
    },
  }),
  opener: () => {
    let dead = false
    return {
      overhead: 0,
      open(record) {
        dead ||= record.length > maxRecordBytes
        return dead ? undefined : record
      },
    }
  },
}

function begin(setup: HandshakeSetup): ShadowHandshake {
  let hash = crypto.blake2b(hashBytes, domain, crypto.blake2b(hashBytes, setup.prologue))
  let next = 0
  let phase: 'running' | 'failed' | 'finished' = 'running'

  const turn = (verb: 'read' | 'write'): void => {
    if (phase !== 'running' || next > 2) throw new TypeError(`nothing left to ${verb} in this handshake`)
    const mine = (next % 2 === 0) === (setup.role === 'initiator')
    if (mine !== (verb === 'write')) throw new TypeError(`message ${next + 1} is not for the ${setup.role} to ${verb}`)
  }
  const passed = (message: Uint8Array): void => {
    hash = crypto.blake2b(hashBytes, hash, message)
    next += 1
  }
  const challengeNow = (): number => (next < 2 ? challengeBytes : 0)

  return {
    staticKey: empty,
    remoteStaticKey: empty,
    bindingBeforeWrite() {
      turn('write')
      return hash.slice()
    },
    write(payload) {
      turn('write')
      const head = challengeNow()
      if (head + payload.length > maxHandshakeMessageBytes) {
        throw new TypeError(
          `a handshake payload of ${payload.length} bytes does not fit in ${maxHandshakeMessageBytes}`
        )
      }
      const message = new Uint8Array(head + payload.length)
      message.set(setup.random.bytes(head))
      message.set(payload, head)
      passed(message)
      return message
    },
    read(message) {
      if (phase === 'failed') return undefined
      turn('read')
      const head = challengeNow()
      if (message.length < head || message.length > maxHandshakeMessageBytes) {
        phase = 'failed'
        return undefined
      }
      const binding = hash.slice()
      const payload = new Uint8Array(message.subarray(head))
      passed(message)
      return { payload, binding }
    },
    finish() {
      if (phase !== 'running' || next < 3) throw new TypeError('no secrets: this handshake is not over')
      phase = 'finished'
      return { send: empty, receive: empty }
    },
  }
}
