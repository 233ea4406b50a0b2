/**
 * @module test/network/processes
 * Nodes in processes of their own, seen by a test: started, asked, killed. Each ends with the test's process.
 */
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { NodeEvent, PeerId } from 'mydht'
import type { Answer, Command, Life, Said } from './protocol.ts'

/** A node in a process of its own. */
export interface NodeProcess {
  readonly life: Life
  readonly id: PeerId
  readonly address: string
  /** Asks it. Rejects with the code that the node gave, or when the process is gone. */
  ask(command: Command): Promise<Answer | undefined>
  /** The first event, past or to come, that fits. Rejects when the process is gone before. */
  event(fits: (event: NodeEvent) => boolean): Promise<NodeEvent>
  /** SIGKILL; settles when the process is gone. */
  kill(): Promise<void>
}

/** Processes that run. Nothing outlives the test. */
const running = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

/** Kills all that run; settles when they are gone. */
export async function endAll(): Promise<void> {
  await Promise.all(
    [...running].map((child) => {
      const gone = once(child, 'close')
      child.kill('SIGKILL')
      return gone
    })
  )
}

/** Starts a process; settles when its node runs. Rejects with what the process said on stderr when it ends before. */
export async function startNode(life: Life): Promise<NodeProcess> {
  const child = fork(fileURLToPath(new URL('child.js', import.meta.url)), { serialization: 'advanced', silent: true })
  running.add(child)
  let stderr = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const waiting = new Map<
    number,
    { readonly resolve: (answer: Answer | undefined) => void; readonly reject: (error: Error) => void }
  >()
  const events: NodeEvent[] = []
  const watchers = new Set<() => void>()
  let isGone = false
  let lastId = 0
  const gone = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const lost = (): Error => new Error(`the process of node ${life.seed} is gone: ${stderr}`)
  void gone.then(() => {
    isGone = true
    running.delete(child)
    for (const { reject } of waiting.values()) reject(lost())
    for (const watch of watchers) watch()
  })
  const runs = new Promise<{ readonly id: PeerId; readonly address: string }>((resolve, reject) => {
    void gone.then(() => reject(lost()))
    child.on('message', (said: Said) => {
      switch (said.type) {
        case 'running':
          return resolve(said)
        case 'event':
          events.push(said.event)
          for (const watch of watchers) watch()
          return
        case 'answer':
          waiting.get(said.id)?.resolve(said.answer)
          waiting.delete(said.id)
          return
        case 'failed':
          waiting.get(said.id)?.reject(Object.assign(new Error(said.message), { code: said.code }))
          waiting.delete(said.id)
      }
    })
  })
  child.send(life)
  const { id, address } = await runs
  return {
    life,
    id,
    address,
    ask(command) {
      return new Promise((resolve, reject) => {
        if (isGone) return reject(lost())
        waiting.set(++lastId, { resolve, reject })
        child.send({ id: lastId, command })
      })
    },
    event(fits) {
      return new Promise((resolve, reject) => {
        const watch = (): void => {
          const found = events.find(fits)
          if (found === undefined && !isGone) return
          watchers.delete(watch)
          if (found) resolve(found)
          else reject(lost())
        }
        watchers.add(watch)
        watch()
      })
    },
    kill() {
      child.kill('SIGKILL')
      return gone
    },
  }
}
