/**
 * @module peers/dial-policy
 * Whether an address that somebody else named may be dialled. Otherwise any peer could make us knock where it likes: at hosts inside our own
 * network, or all of us at once at one victim. Our own user may dial what he likes: his addresses are not asked about.
 *
 * The outcome of a dial is never told to its causer. Not here: the dialling, and proving who answers.
 */
import { tryParseAddress } from '../identity/address.ts'
import type { NodeAddress } from '../identity/address.ts'
import { hostScope } from '../identity/host-scope.ts'
import type { HostScope } from '../identity/host-scope.ts'
import type { PeerId } from '../identity/peer-id.ts'
import type { Clock } from '../clock.ts'
import type { Random } from '../random.ts'
import { backOffMs, type BackOffOptions } from './back-off.ts'
import { boundedTable, type BoundedTable } from './bounded-table.ts'
import { blockKey, hostKey, isLocalHost } from './host-key.ts'

/** How the policy counts. Reasons for the usual numbers: `peers/defaults.ts`. */
export interface DialPolicyOptions extends BackOffOptions {
  /** Scheme of our transport, without the colon. Others are refused. */
  readonly scheme: string
  /** Whether hosts are names of the transport itself, which no resolver ever sees (memory, fifo). */
  readonly namedHosts: boolean
  readonly windowMs: number
  readonly maxPerCause: number
  readonly maxPerHost: number
  readonly maxPerBlock: number
  readonly maxEntries: number
  /** Whether loopback hosts have no budget of their own: on one machine all nodes share one. The causer's budget counts all the same. */
  readonly exemptLocal: boolean
}

/** An address to dial and who named it. */
export interface DialRequest {
  readonly address: string
  readonly cause: PeerId
  /** Host of the link that brought the address; undefined where it is not known any more: then only public addresses pass. */
  readonly causeHost: string | undefined
}

/** Why not. */
export type DialRefusal =
  | 'bad-address'
  | 'wrong-scheme'
  | 'host-name'
  | 'refused-kind'
  | 'narrower-scope'
  | 'cause-budget'
  | 'host-budget'
  | 'block-budget'
  | 'back-off'

/** The policy of one node. */
export interface DialPolicy {
  /** Whether to dial. `ok` charges the budgets, a refusal charges nothing. Not to be asked for addresses of our own user. */
  allow(request: DialRequest): 'ok' | DialRefusal
  /**
   * A dial to this address failed. `cause`: who named it; undefined: our own user. Only its causer waits longer with each failure: whoever lists an
   * honest peer's address in a record of his own must not keep others from dialling it. They wait `firstMs` at most.
   */
  failed(address: string, cause: PeerId | undefined): void
  /** Somebody answered there and proved the expected id: its failures are forgotten. */
  succeeded(address: string): void
}

interface Budget {
  readonly sinceMs: number
  readonly spent: number
}

/** Failed dials to one address: by one causer, or by anybody. */
interface Failures {
  readonly count: number
  readonly againMs: number
  /** Which of all events of this policy was the last of them. */
  readonly event: number
}

/** Narrowest first. A name, where the transport has names, never leaves this machine. */
const reach: readonly HostScope[] = ['name', 'loopback', 'private', 'public']

/** Makes a policy. Its tables hold at most `maxEntries` each. */
export function dialPolicy(options: DialPolicyOptions, clock: Clock, random: Random): DialPolicy {
  const causes = boundedTable<Budget>(options.maxEntries)
  const hosts = boundedTable<Budget>(options.maxEntries)
  const blocks = boundedTable<Budget>(options.maxEntries)
  /** By address. */
  const failures = boundedTable<Failures>(options.maxEntries)
  /** By causer and address. */
  const causedFailures = boundedTable<Failures>(options.maxEntries)
  /** By address, the event at which somebody answered there: failures before it are forgotten. */
  const answers = boundedTable<number>(options.maxEntries)
  let events = 0

  const spent = (table: BoundedTable<Budget>, key: string, nowMs: number): number => {
    const budget = table.get(key)
    return budget === undefined || nowMs - budget.sinceMs >= options.windowMs ? 0 : budget.spent
  }
  const charge = (table: BoundedTable<Budget>, key: string, nowMs: number): void => {
    const before = spent(table, key, nowMs)
    const sinceMs = before === 0 ? nowMs : (table.get(key)?.sinceMs ?? nowMs)
    table.set(key, { sinceMs, spent: before + 1 })
  }

  const failuresOf = (table: BoundedTable<Failures>, key: string, link: string): Failures | undefined => {
    const known = table.get(key)
    return known && known.event > (answers.get(link) ?? 0) ? known : undefined
  }

  return {
    allow({ address, cause, causeHost }) {
      const nowMs = clock.monotonicMs()
      const target = tryParseAddress(address)
      if (target === undefined) return 'bad-address'
      const refusal = refusalOf(target, causeHost, options)
      if (refusal !== undefined) return refusal
      const ofAll = failuresOf(failures, target.link, target.link)
      const ofCause = failuresOf(causedFailures, `${cause} ${target.link}`, target.link)
      if (Math.max(ofAll?.againMs ?? 0, ofCause?.againMs ?? 0) > nowMs) return 'back-off'
      const host = hostKey(target.host)
      const block = blockKey(target.host)
      const exempt = options.exemptLocal && isLocalHost(target.host)
      if (spent(causes, cause, nowMs) >= options.maxPerCause) return 'cause-budget'
      if (!exempt && spent(hosts, host, nowMs) >= options.maxPerHost) return 'host-budget'
      if (!exempt && spent(blocks, block, nowMs) >= options.maxPerBlock) return 'block-budget'
      charge(causes, cause, nowMs)
      if (!exempt) {
        charge(hosts, host, nowMs)
        charge(blocks, block, nowMs)
      }
      return 'ok'
    },
    failed(address, cause) {
      const link = linkOf(address)
      const nowMs = clock.monotonicMs()
      const event = ++events
      failures.set(link, { count: 1, againMs: nowMs + backOffMs(1, options, random), event })
      if (cause === undefined) return
      const key = `${cause} ${link}`
      const count = (failuresOf(causedFailures, key, link)?.count ?? 0) + 1
      causedFailures.set(key, { count, againMs: nowMs + backOffMs(count, options, random), event })
    },
    succeeded: (address) => answers.set(linkOf(address), ++events),
  }
}

/**
 * Whether a one-way link's return address lies on the incoming link's own host: nobody may make us answer to a third party.
 * `remoteHost` is the transport's word, not the peer's.
 */
export function isReturnAddress(address: string, remoteHost: string): boolean {
  const target = tryParseAddress(address)
  return target !== undefined && hostKey(target.host) === hostKey(remoteHost)
}

function refusalOf(
  target: NodeAddress,
  linkHost: string | undefined,
  options: DialPolicyOptions
): DialRefusal | undefined {
  if (target.scheme !== options.scheme) return 'wrong-scheme'
  const scope = hostScope(target.host)
  if (scope === 'name' && !options.namedHosts) return 'host-name'
  const width = reach.indexOf(scope)
  if (width < 0) return 'refused-kind'
  // Hosts that no peer should come from, and names where there should be none, are trusted with public addresses only.
  const linkScope = linkHost === undefined ? 'forbidden' : hostScope(linkHost)
  const known = linkScope !== 'name' || options.namedHosts
  const narrowest = known && reach.includes(linkScope) ? reach.indexOf(linkScope) : reach.indexOf('public')
  return width < narrowest ? 'narrower-scope' : undefined
}

/** One text per place, whoever is expected there: naming another PeerId is no way around the back-off. */
function linkOf(address: string): string {
  return tryParseAddress(address)?.link ?? address
}
