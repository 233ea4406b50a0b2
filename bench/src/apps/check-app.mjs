/**
 * An app whose work is real and heavy: it verifies Ed25519 signatures, as many for each request as take about two milliseconds. Each connection has a
 * local service of its own that does it, so that `placement` decides how many threads work. For the `placement` workload.
 */
import { createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto'
import { appCrossing, localCrossing } from 'mydht/apps'

const nothing = new Uint8Array(0)

/** A signed text as a request carries it: how often to verify it (u16), 32 bytes of key, 64 of signature, the text. */
export function signedText(times) {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const text = Buffer.alloc(32, 7)
  const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x, 'base64url')
  return new Uint8Array(
    Buffer.concat([Buffer.from([times >> 8, times & 255]), raw, sign(null, text, privateKey), text])
  )
}

/** Verifies a signed text as often as it says. False: it was not signed by that key. */
export function verifyOften(signed) {
  const times = signed[0] * 256 + signed[1]
  const key = createPublicKey({
    format: 'jwk',
    key: { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(signed.subarray(2, 34)).toString('base64url') },
  })
  let good = true
  for (let i = 0; i < times; i++) good &&= verify(null, signed.subarray(98), key, signed.subarray(34, 98))
  return good
}

/** How many verifications take `ms` milliseconds on this machine now. */
export function timesFor(ms) {
  const signed = signedText(1000)
  verifyOften(signed)
  const began = performance.now()
  verifyOften(signed)
  return Math.max(1, Math.round((ms * 1000) / (performance.now() - began)))
}

/** The answering side: each request is verified in the local service of its connection. */
export function checker() {
  return { options: {}, global: checkGlobal, local: checkLocal, api: () => ({}) }
}

/** The asking side: `node.check.ask(peer, signed)` gives whether it was verified. */
export function asker() {
  return { options: {}, global: checkGlobal, api: (caller) => ({ ask: (peer, body) => caller.call({ peer, body }) }) }
}

/** The local service: requests are verified and answered here, everything else goes to the global one. */
export const checkLocal = {
  name: 'check-local',
  module: import.meta.url,
  sync: true,
  crossing: localCrossing(),
  create: ({ remote }) => ({
    handle({ message }, emit) {
      if (message.type !== 'request') return void emit({ type: 'global', command: message })
      const status = verifyOften(message.body) ? 'ok' : 'refused'
      const { app, id } = message
      emit({
        type: 'send',
        to: remote,
        message: { type: 'response', app, id, status, stream: 0, streamBytes: 0, body: nothing },
      })
    },
  }),
}

/** The global service: keeps the asker's requests. */
export const checkGlobal = {
  name: 'check',
  module: import.meta.url,
  sync: true,
  crossing: appCrossing(),
  create: ({ name }) => {
    const peers = new Map()
    const calls = new Map()
    let lastId = 0
    return {
      handle(command, emit) {
        if (command.type === 'online') peers.set(command.peer.id, command.peer)
        else if (command.type === 'offline') peers.delete(command.peer.id)
        else if (command.type === 'call') {
          const { peer, body } = command.call
          calls.set(++lastId, command.id)
          emit({ type: 'send', to: peers.get(peer), message: { type: 'request', app: name, id: lastId, body } })
        } else if (command.type === 'message' && command.message.type === 'response') {
          const { id, status } = command.message
          emit({ type: 'reply', id: calls.get(id), value: status === 'ok', last: true })
          calls.delete(id)
        }
      },
    }
  },
}
