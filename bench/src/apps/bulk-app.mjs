/**
 * An app of a few lines over what MyDHT exports: asks a connected peer for so many bytes, which come as an attachment from memory, and counts them.
 * For the `bulk` workload. Not here: anything that looks at the bytes.
 */
import { createAttachments, createPromises } from 'mydht/attachments'

/** The same chunk of memory again and again, as large as a stream asks for. */
const memory = new Uint8Array(65_536).fill(0x5a)
const source = {
  read: (_offset, length) => (length <= memory.length ? memory.subarray(0, length) : new Uint8Array(length)),
}

/** The app; `node.bulk.receive(peer, totalBytes)` gives how many bytes came. */
export function bulk() {
  return {
    options: {},
    global: { name: 'bulk', module: import.meta.url, sync: true, create: createBulk },
    api: (caller) => ({
      receive: (peer, totalBytes) => caller.call({ peer, totalBytes }, { timeoutMs: 120_000 }),
    }),
  }
}

function createBulk(init, parts) {
  const online = new Map()
  const waiting = new Map()
  let lastId = 0
  let emit = () => true
  const send = (to, message) => emit({ type: 'send', to, message })
  const promises = createPromises(() => parts.self({ type: 'own', from: undefined, command: 'settled' }))
  const attachments = createAttachments({
    app: init.name,
    clock: parts.clock,
    log: parts.log,
    promises,
    send,
    wake: (delayMs) => emit({ type: 'wake', delayMs }),
    misbehaved: (peer, code) => emit({ type: 'misbehaved', peer, code }),
  })

  const ask = (call, { peer, totalBytes }) => {
    const to = online.get(peer)
    if (to === undefined) {
      emit({ type: 'fail', id: call, code: 'MYDHT_NOT_CONNECTED', message: `${peer} is not connected` })
      return
    }
    const body = new Uint8Array(8)
    new DataView(body.buffer).setBigUint64(0, BigInt(totalBytes))
    waiting.set(++lastId, { call, totalBytes })
    send(to, { type: 'request', app: init.name, id: lastId, body })
  }

  const answer = (from, { app, id, body }) => {
    const totalBytes = Number(new DataView(body.buffer, body.byteOffset, body.length).getBigUint64(0))
    const stream = attachments.open(from, source, totalBytes)
    const status = stream === undefined ? 'busy' : 'ok'
    const streamBytes = stream === undefined ? 0 : totalBytes
    send(from, { type: 'response', app, id, status, stream: stream ?? 0, streamBytes, body: new Uint8Array(0) })
  }

  const receive = (from, { id, status, stream, streamBytes }) => {
    const { call, totalBytes } = waiting.get(id)
    waiting.delete(id)
    let count = 0
    const sink = {
      write(bytes) {
        count += bytes.length
      },
      end(outcome) {
        if (outcome.ok) emit({ type: 'reply', id: call, value: count, last: true })
        else
          emit({ type: 'fail', id: call, code: 'MYDHT_REMOTE', message: `ended after ${count} bytes: ${outcome.code}` })
      },
    }
    if (status === 'ok' && streamBytes === totalBytes && attachments.expect(from, stream, streamBytes, sink)) return
    emit({
      type: 'fail',
      id: call,
      code: 'MYDHT_REMOTE',
      message: `the peer said '${status}' and ${streamBytes} bytes`,
    })
  }

  const onMessage = (from, message) => {
    if (attachments.message(from, message)) return
    if (message.type === 'request') answer(from, message)
    else if (message.type === 'response' && waiting.has(message.id)) receive(from, message)
  }

  return {
    handle(command, emitNow) {
      emit = emitNow
      promises.run()
      switch (command.type) {
        case 'message':
          return onMessage(command.from, command.message)
        case 'call':
          return ask(command.id, command.call)
        case 'online':
          return void online.set(command.peer.id, command.peer)
        case 'offline':
          online.delete(command.peer.id)
          return attachments.offline(command.peer)
        case 'undelivered':
          return void attachments.undelivered(command.to, command.message, command.reason)
        case 'writable':
          return attachments.writable(command.peer)
        case 'wake':
          return attachments.expire()
      }
    },
    close: () => promises.close(),
  }
}
