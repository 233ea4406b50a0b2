/**
 * @module testing/sim/sybils
 * An attacker who makes identities until enough of them lie nearer to one key than every honest node. Not here: what his nodes do (`malice.ts`).
 */
import { createIdentity } from '../../identity/keys.ts'
import { peerKey } from '../../identity/peer-key.ts'
import { compareDistance } from '../../routes/xor.ts'
import { nearestMembers } from './nearest.ts'
import type { Run } from './run.ts'

/** Has an attacker's nodes come, each nearer to a key than all others: he makes identities until he has them. */
export async function surround(run: Run, key: Uint8Array): Promise<void> {
  const { sim, scenario, population } = run
  const chance = sim.random('sybils')
  const [nearest] = nearestMembers(population.members, key, 1)
  if (!nearest) return
  const border = peerKey(nearest.node.id)
  const block = Array.from(
    { length: scenario.sybilBlocks },
    () => `${91 + chance.below(5)}.${chance.below(256)}.${chance.below(256)}`
  )
  let tries = 0
  for (let index = 0; index < scenario.sybils; index++) {
    let seed = chance.bytes(32)
    for (tries++; compareDistance(key, peerKey(createIdentity(seed, 'any').id), border) >= 0; tries++)
      seed = chance.bytes(32)
    const host = `${block[index % block.length]}.${1 + Math.floor(index / block.length)}`
    await population.start({ malice: 'lying', seed, host })
  }
  sim.note(`${scenario.sybils} sybils after ${tries} identities`)
}
