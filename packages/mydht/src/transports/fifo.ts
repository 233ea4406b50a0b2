/**
 * @module transports/fifo
 * A transport over named pipes of this machine: `fifo://name`, links in one direction, all waiting done by threads that block in the system. For
 * programs of one user that may not open sockets, and to show what a blocking transport needs of a placement. Not on Windows. Not here: other machines (`tcp.ts`).
 */
import { systemClock } from '../clock.ts'
import { MyDhtError } from '../errors.ts'
import { part } from '../part.ts'
import type { SpawnParts } from '../service/spawner.ts'
import { thread } from '../service/spawners/thread.ts'
import { leaveDirectory, prepareDirectory, takeBell } from './fifo-bell.ts'
import { createCrew, type Crew, type CrewOptions } from './fifo-crew.ts'
import { dialService } from './fifo-dial.ts'
import { createDialler } from './fifo-dialler.ts'
import { createListener, type Listener } from './fifo-listener.ts'
import { parseFifoAddress } from './fifo-names.ts'
import { watchProgram, whenProgramLeaves } from './fifo-leaving.ts'
import { fifoSettings, type FifoOptions, type FifoSettings } from './fifo-options.ts'
import { fifoReader } from './fifo-read.ts'
import { listenService, readService, writeService } from './fifo-services.ts'
import type { HeldStream } from './fifo-stream.ts'
import { fifoWriter } from './fifo-write.ts'
import type {
  BlockingService,
  BlockingTransportPart,
  Transport,
  TransportFactory,
  TransportParts,
} from './transport.ts'

export type { FifoOptions }

/**
 * The fifo transport as a part. Throws MYDHT_BAD_CONFIG when made real with bad options.
 *
 * @example
 * const node = await createNode({ transport: fifo({ directory: '/run/user/1000/mydht' }), apps: { kv: kv() } })
 */
export function fifo(options: FifoOptions): BlockingTransportPart {
  watchProgram()
  return { ...part(import.meta.url, 'createFifo', options, createFifo), blocking: true }
}

/** Makes the fifo transport's factory from its options. Throws MYDHT_BAD_CONFIG. */
export function createFifo(options: FifoOptions): TransportFactory {
  const settings = fifoSettings(options)
  return (parts) => fifoTransport(settings, parts)
}

function fifoTransport(settings: FifoSettings, { clock, random, log, spawners, spawned }: TransportParts): Transport {
  const { directory, mkfifo, maxConnections, maxDials } = settings
  const name = settings.name ?? `node-${Buffer.from(random.bytes(6)).toString('hex')}`
  // Threads live in the machine's time, whatever the node's is.
  const parts: SpawnParts = { clock: systemClock, random, log }
  const crewOf = <Command>(
    service: BlockingService,
    definition: CrewOptions<Command>['definition'],
    most: number
  ): Crew<Command> =>
    createCrew({
      spawner: spawners?.[service] ?? thread(),
      definition,
      parts,
      most,
      keep: Math.min(most, settings.idleThreads),
      onSpawn: (handle) => spawned?.(service, handle),
    })
  const listening = crewOf('listen', listenService, 1)
  const dialling = crewOf('dial', dialService, maxDials)
  const reading = crewOf('read', readService, maxConnections)
  const writing = crewOf('write', writeService, maxConnections)
  const dialler = createDialler({ directory, from: name, mkfifo, crew: dialling, clock: systemClock, random })
  const incoming = new Set<HeldStream>()
  const outgoing = new Set<HeldStream>()
  const closed = new MyDhtError('MYDHT_CLOSED', 'this transport was closed: make a new one')
  /** Dials under way, each as what calls it off. */
  const dials = new Set<(reason: unknown) => void>()
  let closing = false
  let started: Promise<Listener | undefined> | undefined
  let prepared = false
  let closeOnce: Promise<void> | undefined

  const keep = <S extends HeldStream>(stream: S, among: Set<HeldStream>): S => {
    among.add(stream)
    void stream.released.then(() => among.delete(stream))
    return stream
  }

  const prepare = (): void => {
    prepareDirectory(directory)
    prepared = true
  }

  const listen = async (onLink: Parameters<Transport['listen']>[0]): Promise<Listener> => {
    prepare()
    // Its thread first: a name that is taken can be dialled.
    const hand = await listening.take()
    const bell = await takeBell(directory, name, mkfifo, random).catch((thrown: unknown) => {
      listening.give(hand)
      throw thrown
    })
    const onPipe = (pipe: Parameters<typeof fifoReader>[0]): void => {
      const { read } = keep(fifoReader(pipe, reading, clock), incoming)
      onLink({ read, write: undefined, remoteHost: pipe.remote })
    }
    const hasRoom = (): boolean => !closing && incoming.size < maxConnections
    return createListener({ directory, name, bell, crew: listening, clock: systemClock, log, hasRoom, onPipe }, hand)
  }

  const transport: Transport = {
    scheme: 'fifo',
    supports: { duplex: false, blocking: true },
    listen: async (onLink) => {
      if (closing) throw closed
      if (started) throw new TypeError('this transport listens already: call listen once')
      if (!settings.listen) {
        started = Promise.resolve(undefined)
        return []
      }
      const starting = listen(onLink)
      // What goes wrong is told here; who closes has nothing to close then.
      started = starting.catch(() => undefined)
      await starting
      if (closing) throw closed
      return [`fifo://${name}`]
    },
    connect: async (address, { signal }) => {
      if (closing) throw closed
      const target = parseFifoAddress(address)
      signal.throwIfAborted()
      if (outgoing.size + dials.size >= maxConnections) throw full(maxConnections)
      prepare()
      const calledOff = callOff(signal, dials)
      try {
        const pipe = await dialler.dial(target, calledOff.promise)
        const stream = keep(fifoWriter(pipe, writing, clock), outgoing)
        if (closing) {
          stream.drop(closed)
          throw closed
        }
        return { write: stream.write, read: undefined, remoteHost: target }
      } finally {
        calledOff.forget()
      }
    },
    close: () => {
      closeOnce ??= (async () => {
        closing = true
        for (const fail of dials) fail(closed)
        for (const stream of [...incoming, ...outgoing]) stream.drop(closed)
        const listener = await started
        await listener?.close()
        await dialler.settled()
        await Promise.all([...incoming, ...outgoing].map(({ released }) => released))
        await Promise.all([listening.close(), dialling.close(), reading.close(), writing.close()])
        if (prepared) leaveDirectory(directory)
        // Last: a program that leaves waits for this and no longer.
        left()
        // The ends that were just given are told before.
        await new Promise<void>((resolve) => clock.soon(resolve))
      })()
      return closeOnce
    },
  }
  const left = whenProgramLeaves(() => void transport.close())
  return transport
}

/** Rejects when the signal is aborted, or through `dials`. Not a second signal: those warn when more than ten wait on one. */
function callOff(
  signal: AbortSignal,
  dials: Set<(reason: unknown) => void>
): { readonly promise: Promise<never>; readonly forget: () => void } {
  let forget: () => void = () => {}
  const promise = new Promise<never>((_resolve, reject) => {
    const onAbort = (): void => reject(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
    dials.add(reject)
    forget = () => {
      signal.removeEventListener('abort', onAbort)
      dials.delete(reject)
    }
  })
  return { promise, forget }
}

function full(maxConnections: number): MyDhtError {
  return new MyDhtError(
    'MYDHT_CONNECT_FAILED',
    `${maxConnections} links are open: close some, or raise fifo({ maxConnections })`
  )
}
