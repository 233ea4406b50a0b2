/**
 * @module node/joining
 * How a node that has started meets the nodes that it is told to join, or those that it met in an earlier run. Not here: the dials (`dialing.ts`).
 */
import type { Clock, Timer } from '../clock.ts'
import { MyDhtError } from '../errors.ts'
import type { ResolvedConfig } from './config.ts'
import type { NodeCore } from './node.ts'

/** Dials every address of `join`, and waits until one has answered and the others have too, or `limits.joinRestMs` are over. Closes the node and rejects as `createNode` says. */
export async function join(
  core: NodeCore,
  config: ResolvedConfig,
  met: Promise<void>,
  signal: AbortSignal | undefined
): Promise<void> {
  const { join: addresses } = config
  const tried = await mostOf(
    addresses.map((address) => core.connect(address, { signal })),
    config.clock,
    config.limits.joinRestMs
  )
  if (signal?.aborted) {
    await core.close()
    throw signal.reason
  }
  if (tried.some((one) => one?.status === 'fulfilled')) return
  if (await meetsKept(core, config, met, signal)) return
  await core.close()
  signal?.throwIfAborted()
  const [only] = tried
  if (tried.length === 1 && only?.status === 'rejected') throw only.reason
  const reasons = tried.map((one, i) => `${addresses[i]}: ${one?.status === 'rejected' ? String(one.reason) : ''}`)
  const message = `none of the nodes to join answered: check that one is running and reachable. ${reasons.join('; ')}`
  throw new MyDhtError('MYDHT_CONNECT_FAILED', message, { details: { reasons } })
}

/** How attempts ended, in their order: all of them, or those that had `restMs` after the first success. */
async function mostOf<T>(
  attempts: readonly Promise<T>[],
  clock: Clock,
  restMs: number
): Promise<readonly (PromiseSettledResult<T> | undefined)[]> {
  const ended: (PromiseSettledResult<T> | undefined)[] = attempts.map(() => undefined)
  let rest: Timer | undefined
  await new Promise<void>((resolve) => {
    const all = attempts.map(async (attempt, index) => {
      try {
        ended[index] = { status: 'fulfilled', value: await attempt }
        rest ??= clock.after(restMs, resolve)
      } catch (reason) {
        ended[index] = { status: 'rejected', reason }
      }
    })
    void Promise.all(all).then(() => resolve())
  })
  rest?.cancel()
  return ended
}

/** Whether a node meets one of the peers that it kept from an earlier run, where it has kept any. */
async function meetsKept(
  core: NodeCore,
  { peerStore, clock, limits }: ResolvedConfig,
  met: Promise<void>,
  signal: AbortSignal | undefined
): Promise<boolean> {
  if (!peerStore.store) return false
  const { proven, former } = await core.peers.stats()
  if (proven + former === 0) return false
  return new Promise((resolve) => {
    const end = (hasMet: boolean): void => {
      timer.cancel()
      signal?.removeEventListener('abort', onAbort)
      resolve(hasMet)
    }
    const onAbort = (): void => end(false)
    const timer = clock.after(limits.connectTimeoutMs, () => end(false))
    signal?.addEventListener('abort', onAbort, { once: true })
    if (signal?.aborted) end(false)
    void met.then(() => end(true))
  })
}
