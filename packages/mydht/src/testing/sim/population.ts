/**
 * @module testing/sim/population
 * The nodes of a scenario: how they start, who they join, how they leave. Not here: when (`simulate.ts`).
 */
import { kv, type KvApp } from '../../apps/kv/kv.ts'
import type { Node } from '../../node/node.ts'
import { MyDhtError } from '../../errors.ts'
import type { Random } from '../../random.ts'
import { fraction } from './distribution.ts'
import { maliciousKv } from './malice.ts'
import type { SimHost } from './network.ts'
import type { FullScenario } from './scenario.ts'
import type { Simulation } from './simulation.ts'

/** A node of a simulated population. */
export type SimNode = Node<{ readonly kv: KvApp }>

/** One node and its machine. */
export interface Member {
  readonly node: SimNode
  readonly host: SimHost
  readonly malicious: boolean
}

/** All nodes that live now. */
export interface Population {
  readonly members: readonly Member[]
  /** One more node, which joins up to three that live. Undefined: none of them answered it. */
  start(malicious: boolean): Promise<Member | undefined>
  /** A member is gone at once: its other ends hear of it, or nothing. False: it was gone already. */
  kill(member: Member, how: 'reset' | 'silent'): boolean
  /** An honest member by chance; undefined: there is none. */
  someHonest(random: Random): Member | undefined
  /** Nodes that found nobody to join. */
  readonly lonely: number
  /** Messages that nodes sent, those that are gone included. */
  messages(): Promise<number>
}

/** Live nodes that a new one is told of: one may just have died. */
const joinAddresses = 3

/** An empty population. */
export function createPopulation(simulation: Simulation, scenario: FullScenario): Population {
  const random = simulation.random('population')
  const members: Member[] = []
  const places = new Map<Member, number>()
  let lonely = 0
  let messagesOfTheGone = 0

  const some = (): Member | undefined => members[members.length === 0 ? 0 : random.below(members.length)]

  return {
    members,
    get lonely() {
      return lonely
    },
    async start(malicious) {
      const app = kv()
      const host = simulation.network.addHost({
        dialable: fraction(random) >= scenario.behindRouters || members.length === 0,
      })
      const join = new Set<string>()
      for (let i = 0; i < joinAddresses; i++) join.add(some()?.node.address ?? '')
      join.delete('')
      try {
        const node = await simulation.createNode(
          {
            apps: { kv: malicious ? maliciousKv(app, scenario.malice) : app },
            join: [...join],
            wantedConnections: scenario.wantedConnections,
            limits: scenario.limits,
          },
          host
        )
        const member = { node, host, malicious }
        places.set(member, members.length)
        members.push(member)
        return member
      } catch (thrown) {
        if (!(thrown instanceof MyDhtError)) throw thrown
        lonely++
        return undefined
      }
    },
    kill(member, how) {
      const place = places.get(member)
      const last = members.at(-1)
      if (place === undefined || last === undefined) return false
      // The last one takes its place: no search, and an order that the seed decides.
      members[place] = last
      places.set(last, place)
      members.pop()
      places.delete(member)
      member.host.down(how)
      // Its own code cleans up in a world where it reaches nobody. Asked before it closes, it still says what it did.
      const counted = member.node.stats().then(({ counters }) => void (messagesOfTheGone += counters.messagesOut))
      void Promise.allSettled([counted, member.node.close()])
      return true
    },
    someHonest(chance) {
      for (let tries = 0; tries < 1000 && members.length > 0; tries++) {
        const member = members[chance.below(members.length)]
        if (member?.malicious === false) return member
      }
      return undefined
    },
    async messages() {
      const all = await Promise.all(members.map(({ node }) => node.stats()))
      return all.reduce((sum, { counters }) => sum + counters.messagesOut, messagesOfTheGone)
    },
  }
}
