/**
 * @module control/client
 * The end of a control socket that asks. Not here: finding the socket (`folder.ts`).
 */
import { connect } from 'node:net'
import { once } from 'node:events'
import { MyDhtError } from 'mydht'
import { LineTooLong, linesOf } from './lines.ts'
import { maxAnswerChars, readAnswer, statsRequest } from './protocol.ts'
import type { Report } from './protocol.ts'

/** Milliseconds for an answer: a node that is silent for so long is blocked, which is worth saying. */
const defaultAnswerMs = 10_000

/** A connection to a running node. */
export interface ControlClient {
  /** Asks. Undefined: the node has ended. Rejects with MYDHT_TIMEOUT, or MYDHT_CONNECT_FAILED when the answer cannot be read. */
  ask(): Promise<Report | undefined>
  close(): void
}

/** Connects. `answerMs`: how long to wait for each answer. Rejects with MYDHT_CONNECT_FAILED. */
export async function openClient(path: string, answerMs: number = defaultAnswerMs): Promise<ControlClient> {
  const socket = connect(path)
  try {
    await once(socket, 'connect')
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    const said = `no node answers at ${path} (${why}): is it running, and yours?`
    throw new MyDhtError('MYDHT_CONNECT_FAILED', said, { cause: error })
  }
  const lines = linesOf(socket, maxAnswerChars)
  let why: MyDhtError | undefined
  socket.on('timeout', () => {
    why = new MyDhtError('MYDHT_TIMEOUT', `the node said nothing for ${answerMs / 1000} s: something blocks its thread`)
    socket.destroy()
  })
  // The iteration below ends of it.
  socket.on('error', () => {})
  return {
    async ask() {
      socket.setTimeout(answerMs)
      socket.write(`${statsRequest}\n`)
      const next = await lines.next().catch((thrown: unknown) => {
        // A connection that breaks is a node that ends.
        if (thrown instanceof LineTooLong) why = new MyDhtError('MYDHT_CONNECT_FAILED', `${path}: ${thrown.message}`)
      })
      socket.setTimeout(0)
      if (why) throw why
      if (!next || next.done === true) return undefined
      const answer = readAnswer(next.value)
      if (typeof answer === 'string') throw new MyDhtError('MYDHT_CONNECT_FAILED', `${path}: ${answer}`)
      return answer
    },
    close: () => void socket.destroy(),
  }
}
