import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { systemClock } from '../../src/clock.ts'
import { silent } from '../../src/log.ts'
import { systemRandom } from '../../src/random.ts'
import type { Handle } from '../../src/service/handle.ts'
import { RemoteHandle } from '../../src/service/remote/remote-handle.ts'
import type { Spawner, SpawnParts } from '../../src/service/spawner.ts'
import type { SuiteBounds, SuiteWorld } from '../../src/testing/spawner-suite-tools.ts'

/** Parts on the machine's clock. */
export const realParts: SpawnParts = { clock: systemClock, random: systemRandom, log: silent }

interface Pinged {
  ping(): Promise<boolean>
  facts(): string
  close(): Promise<unknown>
}

/** Handles of the test under way: `pass` waits for them, the test's end closes them. */
const open = new Set<Pinged>()

function keep<Command, Event, Saved>(handle: Handle<Command, Event, Saved>): Handle<Command, Event, Saved> {
  if (handle instanceof RemoteHandle) {
    open.add({
      ping: () => handle.ping(),
      facts: () => JSON.stringify([handle.state, { ...handle.stats(), lagMs: 0 }]),
      close: () => handle.close(),
    })
  }
  return handle
}

/** A spawner whose handles are watched. */
export function watched(make: (bounds: SuiteBounds) => Spawner): (bounds: SuiteBounds) => Spawner {
  return (bounds) => {
    const spawner = make(bounds)
    return {
      ...spawner,
      spawn: (definition, init, parts, destination, saved) =>
        keep(spawner.spawn(definition, init, parts, destination, saved)),
    }
  }
}

/** A test that leaves no service behind. */
export function closing(name: string, run: () => Promise<void>): void {
  void test(name, async () => {
    try {
      await run()
    } finally {
      const all = [...open]
      open.clear()
      await Promise.all(all.map((handle) => handle.close()))
    }
  })
}

/** The machine's clock: `pass` sleeps, then asks all workers until nothing moves any more. */
export function realWorld(): SuiteWorld {
  return { parts: realParts, pass }
}

async function pass(ms: number): Promise<void> {
  if (ms > 0) {
    // What was sent before counts from when it is there.
    await settled()
    await sleep(ms + 5)
  }
  await settled()
}

async function settled(): Promise<void> {
  let before = ''
  let still = 0
  while (still < 3) {
    const all = [...open]
    const busy = await Promise.all(all.map((handle) => handle.ping()))
    await new Promise((resolve) => setImmediate(resolve))
    const now = all.map((handle) => handle.facts()).join()
    still = now === before && !busy.includes(true) ? still + 1 : 0
    before = now
  }
}
