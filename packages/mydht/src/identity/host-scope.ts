/**
 * @module identity/host-scope
 * How far a host can be reached from: what the dial policy asks before it connects anywhere that somebody else named.
 * From the IANA IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890 and its updates). Not here: the policy itself.
 */
import { recalling } from '../recall.ts'
import { maxRecalled } from './defaults.ts'
import { isMapped, parseIp } from './ip.ts'

/**
 * `name`: no IP literal, so nobody knows before it is resolved. `forbidden`: unspecified, multicast, broadcast, documentation,
 * reserved, tunnels that hide another address, or no host at all.
 */
export type HostScope = 'loopback' | 'private' | 'link-local' | 'public' | 'name' | 'forbidden'

/** The first block that holds the address decides; so narrower blocks come before the wider ones around them. */
type Block = readonly [first: string, bits: number, scope: HostScope]

const blocks4: readonly Block[] = [
  ['0.0.0.0', 8, 'forbidden'], // "this network", RFC 791
  ['10.0.0.0', 8, 'private'], // RFC 1918
  ['100.64.0.0', 10, 'private'], // shared between a provider and its customers, RFC 6598
  ['127.0.0.0', 8, 'loopback'], // RFC 1122
  ['169.254.0.0', 16, 'link-local'], // RFC 3927; also the metadata service of cloud machines
  ['172.16.0.0', 12, 'private'], // RFC 1918
  ['192.0.0.0', 24, 'forbidden'], // protocol assignments, RFC 6890
  ['192.0.2.0', 24, 'forbidden'], // documentation, RFC 5737
  ['192.88.99.0', 24, 'forbidden'], // 6to4 relays, deprecated by RFC 7526
  ['192.168.0.0', 16, 'private'], // RFC 1918
  ['198.18.0.0', 15, 'private'], // benchmarks, RFC 2544
  ['198.51.100.0', 24, 'forbidden'], // documentation, RFC 5737
  ['203.0.113.0', 24, 'forbidden'], // documentation, RFC 5737
  ['224.0.0.0', 3, 'forbidden'], // multicast (224/4), reserved and broadcast (240/4)
]

const blocks6: readonly Block[] = [
  ['::1', 128, 'loopback'],
  ['64:ff9b:1::', 48, 'private'], // local translation, RFC 8215
  ['2001::', 23, 'forbidden'], // protocol assignments: Teredo, benchmarks, ORCHID … RFC 2928
  ['2001:db8::', 32, 'forbidden'], // documentation, RFC 3849
  ['2002::', 16, 'forbidden'], // 6to4, deprecated by RFC 7526
  ['3fff::', 20, 'forbidden'], // documentation, RFC 9637
  ['2000::', 3, 'public'], // all of global unicast that is given out
  ['fc00::', 7, 'private'], // unique local, RFC 4193
  ['fe80::', 10, 'link-local'], // RFC 4291
]

/** NAT64's well-known prefix, 64:ff9b::/96 (RFC 6052): the last four bytes are where it really goes. */
const nat64 = prepared([['64:ff9b::', 96, 'public']])
const table4 = prepared(blocks4)
const table6 = prepared(blocks6)

/** The scope of a host as it stands in an address; IPv6 with or without brackets. IPv4 inside IPv6 counts as the IPv4 that it is. */
export function hostScope(host: string): HostScope {
  return recalledScope(host) ?? 'forbidden'
}

/** Asked of the same hosts at every dial and every link. */
const recalledScope = recalling(maxRecalled, scopeOf)

function scopeOf(host: string): HostScope {
  const bare = host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host
  const ip = parseIp(bare)
  if (ip !== undefined) return ipScope(ip)
  return bare === host && isHostName(host) ? 'name' : 'forbidden'
}

function ipScope(ip: Uint8Array): HostScope {
  if (ip.length === 4) return find(table4, ip) ?? 'public'
  if (isMapped(ip)) return ipScope(ip.subarray(12))
  // A translator would carry us to a private address behind it: only public ones are let through.
  if (find(nat64, ip) !== undefined) return ipScope(ip.subarray(12)) === 'public' ? 'public' : 'forbidden'
  return find(table6, ip) ?? 'forbidden'
}

/**
 * Whether text is a host name: labels of letters, digits, hyphens and underscores, at most 253 in all. The last label is no number, decimal or
 * hexadecimal: resolvers take `127.1`, `0x7f000001` and `2130706433` for addresses.
 */
export function isHostName(text: string): boolean {
  if (text.length === 0 || text.length > 253) return false
  const labels = text.split('.')
  if (!labels.every((label) => /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/i.test(label))) return false
  return !/^(?:\d+|0x[0-9a-f]*)$/i.test(labels.at(-1) ?? '')
}

interface PreparedBlock {
  readonly first: Uint8Array
  readonly bits: number
  readonly scope: HostScope
}

function prepared(blocks: readonly Block[]): readonly PreparedBlock[] {
  return blocks.map(([text, bits, scope]) => {
    const first = parseIp(text)
    if (first === undefined) throw new TypeError(`not an address: ${text}`)
    return { first, bits, scope }
  })
}

function find(table: readonly PreparedBlock[], ip: Uint8Array): HostScope | undefined {
  return table.find((block) => sameStart(block.first, ip, block.bits))?.scope
}

function sameStart(a: Uint8Array, b: Uint8Array, bits: number): boolean {
  const whole = bits >> 3
  for (let i = 0; i < whole; i++) if (a[i] !== b[i]) return false
  const rest = bits & 7
  return rest === 0 || ((a[whole] ?? 0) ^ (b[whole] ?? 0)) >> (8 - rest) === 0
}
