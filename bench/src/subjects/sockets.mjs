/**
 * What `tcp` and `tls` have in common: servers and clients of every workload over sockets that are already as secure as they get.
 * Not here: how a socket comes to be.
 */
import { countEchoes } from '../echoes.mjs'
import { framed } from '../framing.mjs'

const chunkBytes = 65_536
/** Writes on the way at a time: as many slabs as a MyDHT connection has. */
const maxWrites = 4
const chunk = Buffer.alloc(chunkBytes, 0x5a)
const hello = Buffer.of(1)

/** Starts a server that `create(onSocket)` makes, and gives its port. */
export function socketServer(workload, create) {
  const onSocket = { 'request-response': echo, bulk: sendOnDemand, connect: greet }[workload]
  const server = create((socket) => {
    socket.on('error', () => {})
    onSocket(socket)
  })
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => resolve(server.address().port))
  })
}

function echo(socket) {
  const { send } = framed(socket, (bytes) => send(bytes))
}

/** Sends as many bytes as it is asked for, in chunks without a copy: the cheapest that there is. */
function sendOnDemand(socket) {
  framed(socket, (bytes) => {
    let left = Number(bytes.readBigUInt64LE())
    let writes = 0
    const go = () => {
      while (left > 0 && writes < maxWrites) {
        const size = Math.min(left, chunkBytes)
        left -= size
        writes++
        socket.write(chunk.subarray(0, size), () => {
          writes--
          go()
        })
      }
    }
    go()
  })
}

/** One byte says that the server, too, is content with the other side: in TLS 1.3 the client does not hear of it otherwise. */
function greet(socket) {
  socket.write(hello)
  socket.on('end', () => socket.end())
  socket.resume()
}

/** The clients of all workloads; `dial(port)` gives a socket and the name of the event that says it is open. */
export function socketClient(dial) {
  const open = (port) =>
    new Promise((resolve, reject) => {
      const { socket, opened } = dial(port)
      socket.once('error', reject)
      socket.once(opened, () => resolve(socket))
    })

  return {
    openEcho: async (port, bytes) => {
      const socket = await open(port)
      let onEcho = () => {}
      const { send } = framed(socket, (echoed) => onEcho(echoed))
      return {
        run: (inFlight, seconds) =>
          countEchoes(inFlight, seconds, (done) => {
            onEcho = done
            return () => send(bytes)
          }),
        close: () => socket.destroy(),
      }
    },
    openBulk: async (port) => {
      const socket = await open(port)
      let onBytes = () => {}
      socket.on('data', (bytes) => onBytes(bytes.length))
      return {
        receive: (total) =>
          new Promise((resolve) => {
            let received = 0
            onBytes = (count) => {
              received += count
              if (received >= total) resolve(received)
            }
            socket.write(demand(total))
          }),
        close: () => socket.destroy(),
      }
    },
    openConnector: async (port) => ({ once: () => connectOnce(dial, port), close: () => {} }),
  }
}

/** A message that asks for so many bytes. */
function demand(total) {
  const message = Buffer.alloc(12)
  message.writeUInt32LE(8)
  message.writeBigUInt64LE(BigInt(total), 4)
  return message
}

/** Opens a connection, waits for the server's word, closes it. */
function connectOnce(dial, port) {
  return new Promise((resolve, reject) => {
    const { socket } = dial(port)
    socket.once('error', reject)
    socket.once('data', () => socket.end())
    socket.once('close', () => resolve())
  })
}
