/**
 * @module testing/sim/population
 * The nodes of a scenario: how they start, who they join, how they leave. Not here: when (`starting.ts`).
 */
import { kv, type KvApp } from '../../apps/kv/kv.ts'
import type { NodeConfig } from '../../node/config.ts'
import type { NodeLimits } from '../../node/limits.ts'
import type { Node } from '../../node/node.ts'
import { MyDhtError } from '../../errors.ts'
import type { Random } from '../../random.ts'
import { flood } from '../../routes/flood.ts'
import { kademlia } from '../../routes/kademlia.ts'
import type { RoutePart } from '../../routes/route.ts'
import { fraction } from './distribution.ts'
import { createGang } from './malice/gang.ts'
import { maliciousKv, maliciousPeerStore } from './malice/malice.ts'
import type { SimHost } from './network.ts'
import type { FullScenario, Malice } from './scenario.ts'
import type { Simulation } from './simulation.ts'

/** A node of a simulated population. */
export type SimNode = Node<{ readonly kv: KvApp }>

/** One node and its machine. */
export interface Member {
  readonly node: SimNode
  readonly host: SimHost
  readonly malice: Malice | undefined
}

/** What a new node is to be. */
export interface NewMember {
  readonly malice: Malice | undefined
  /** Its identity and its address. @default by chance */
  readonly seed?: Uint8Array | undefined
  readonly host?: string | undefined
}

/** All nodes that live now. */
export interface Population {
  readonly members: readonly Member[]
  /** One more node, which joins up to three that live. Undefined: none of them answered it. */
  start(wanted: NewMember): Promise<Member | undefined>
  /** A member is gone at once: its other ends hear of it, or nothing. False: it was gone already. */
  kill(member: Member, how: 'reset' | 'silent'): boolean
  /** Whether a member lives still. */
  runs(member: Member): boolean
  /** An honest member by chance; undefined: there is none. */
  someHonest(random: Random): Member | undefined
  /** Nodes that found nobody to join. */
  readonly lonely: number
  /** Messages that nodes sent, those that are gone included. */
  messages(): Promise<number>
}

/** In place of a bound that is not to hold. */
const noBound = 1_000_000

function routeOf({ route, blockRule }: FullScenario): RoutePart {
  if (route === 'flood') return flood()
  return kademlia(blockRule ? {} : { maxPerBlockInBucket: noBound, maxPerBlock: noBound })
}

/** Bounds of a node that takes any number of everything from one address block. */
function withoutBlockRule({ limits }: FullScenario): Pick<NodeConfig, 'limits' | 'peerStore'> {
  const open: Partial<NodeLimits> = {
    maxConnectionsPerBlock: noBound,
    maxHandshakesPerBlock: noBound,
    maxDialsPerBlock: noBound,
  }
  return { limits: { ...limits, ...open }, peerStore: { maxPerBlock: noBound, maxNamedPerBlock: noBound } }
}

/** Live nodes that a new one is told of: one may just have died. */
const joinAddresses = 3

/** An empty population. */
export function createPopulation(simulation: Simulation, scenario: FullScenario): Population {
  const random = simulation.random('population')
  const members: Member[] = []
  const places = new Map<Member, number>()
  const gang = createGang()
  let lonely = 0
  let messagesOfTheGone = 0

  const some = (): Member | undefined => members[members.length === 0 ? 0 : random.below(members.length)]

  return {
    members,
    get lonely() {
      return lonely
    },
    async start({ malice, seed, host: address }) {
      const app = kv({
        ...(scenario.route === 'kademlia' ? { replicas: scenario.replicas, paths: scenario.paths } : {}),
        ...(scenario.blockRule ? {} : { limits: { maxPerBlockInSearch: noBound } }),
      })
      const dialable = fraction(random) >= scenario.behindRouters || members.length === 0
      const host = simulation.network.addHost({ host: address, dialable })
      const join = new Set<string>()
      for (let i = 0; i < joinAddresses; i++) join.add(some()?.node.address ?? '')
      join.delete('')
      try {
        const node = await simulation.createNode(
          {
            ...(seed === undefined ? {} : { seed }),
            apps: { kv: malice === undefined ? app : maliciousKv(app, malice, gang) },
            ...(malice === undefined ? {} : { placement: { peerStore: maliciousPeerStore(malice, gang) } }),
            join: [...join],
            route: routeOf(scenario),
            wantedConnections: scenario.wantedConnections,
            ...(scenario.blockRule ? { limits: scenario.limits } : withoutBlockRule(scenario)),
          },
          host
        )
        const member = { node, host, malice }
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
    runs: (member) => places.has(member),
    someHonest(chance) {
      for (let tries = 0; tries < 1000 && members.length > 0; tries++) {
        const member = members[chance.below(members.length)]
        if (member && member.malice === undefined) return member
      }
      return undefined
    },
    async messages() {
      const all = await Promise.all(members.map(({ node }) => node.stats()))
      return all.reduce((sum, { counters }) => sum + counters.messagesOut, messagesOfTheGone)
    },
  }
}
