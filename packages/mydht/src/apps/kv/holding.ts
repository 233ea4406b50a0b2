/**
 * @module apps/kv/holding
 * Both ends of holding records, wired: others hold ours (`holders.ts`), we hold theirs (`hold.ts`), and what is held here is looked after (`upkeep.ts`).
 */
import type { PeerId } from '../../identity/peer-id.ts'
import type { PeerRef } from '../../identity/peer-ref.ts'
import { defaultLimits } from '../../queries/defaults.ts'
import { createPeerBudget } from '../../queries/peer-budget.ts'
import type { ServiceParts } from '../../service/service.ts'
import type { AppInit } from '../app.ts'
import type { Providers } from '../providers/providers.ts'
import type { QueryApp } from '../query-app.ts'
import { createAcknowledgements } from './acknowledge.ts'
import * as defaults from './defaults.ts'
import { createHold, type Hold } from './hold.ts'
import { createHolders, type Holders } from './holders.ts'
import type { Keeper } from './keep.ts'
import { keyToBytes, parseKey } from './key.ts'
import type { KvOptions, KvReply } from './protocol.ts'
import { createUpkeep, type Upkeep } from './upkeep.ts'
import type { Validator } from './validate.ts'
import type { Writer } from './write.ts'

/** What it needs of its service. */
export interface HoldingInit {
  readonly init: AppInit<KvOptions>
  readonly parts: Pick<ServiceParts<never>, 'clock' | 'random'>
  readonly keeper: Keeper
  readonly validator: Validator
  readonly query: () => Pick<QueryApp<never, KvReply>, 'alarm' | 'ask' | 'emit' | 'nearest'>
  readonly providers: Providers
  readonly writer: () => Writer
  readonly blockOf: (peer: PeerId) => string | undefined
  readonly count: (what: 'refused' | 'full') => void
  /** Tells once whether all that was put is durable. Undefined: nobody waits for that. */
  readonly flush: ((told: (isDurable: boolean) => void) => void) | undefined
}

/** Both ends. */
export interface Holding {
  readonly holders: Holders
  readonly hold: Hold
  /** Undefined: no record is held by others, so none is looked after. */
  readonly upkeep: Upkeep | undefined
}

/** Makes them. */
export function createHolding(made: HoldingInit): Holding {
  const { init, keeper, providers, query } = made
  const { options, self } = init
  const { clock, random } = made.parts
  const copies = options.replicas ?? 0
  const nearest: QueryApp<never, KvReply>['nearest'] = (key, most, except, take) =>
    query().nearest(key, most, except, take)

  const holders = createHolders({
    app: init.name,
    clock,
    random,
    paths: options.paths,
    holdTimeoutMs: options.holdTimeoutMs,
    carried: (key) => keeper.carried(key),
    ask: (id, wanted) => query().ask(id, wanted),
    send: (to, message) => query().emit({ type: 'send', to, message }),
    wake: (delayMs) => query().alarm.by(expire, delayMs),
  })
  const expire = (): void => holders.requests.expire()

  const limits = options.limits ?? {}
  const offences = createPeerBudget(
    limits.maxInvalidPerPeer ?? defaultLimits.maxInvalidPerPeer,
    limits.peerWindowMs ?? defaultLimits.peerWindowMs,
    limits.maxCountedPeers ?? defaultLimits.maxCountedPeers
  )
  const blame = (peer: PeerRef): void => {
    if (offences.charge(peer.id, clock.monotonicMs()) === 'last')
      query().emit({ type: 'misbehaved', peer, code: 'MYDHT_INVALID_RECORD' })
  }
  const hold = createHold({
    self,
    keeper,
    acknowledgements: createAcknowledgements(options.maxUnacknowledged ?? defaults.maxUnacknowledged, made.flush),
    validator: made.validator,
    width: limits.searchWidth ?? defaultLimits.searchWidth,
    blockOf: made.blockOf,
    nearest,
    send: (to, message) => query().emit({ type: 'send', to, message }),
    count: made.count,
    isIgnored: (peer) => offences.isSpent(peer.id, clock.monotonicMs()),
    blame,
    providerKey(record) {
      const name = providers.keyOf(record)
      const key = name === undefined ? undefined : parseKey(name)
      return key && keyToBytes(key)
    },
    provider(record, from) {
      const taken = providers.hold(record, from)
      if (taken === 'false') blame(from)
      return taken === 'false' || taken === 'over' ? 'refused' : taken
    },
    kept: ({ key, expiresAtMs }) => upkeep?.held(key, expiresAtMs),
  })

  const upkeep =
    copies === 0
      ? undefined
      : createUpkeep({
          self,
          clock,
          random,
          alarm: query().alarm,
          keeper,
          holders,
          copies,
          replicateMs: options.replicateMs ?? defaults.replicateMs,
          republishMs: options.republishMs ?? defaults.republishMs,
          nearest,
          republish: (key, care) => made.writer().republish(key, care),
        })

  return { holders, hold, upkeep }
}
