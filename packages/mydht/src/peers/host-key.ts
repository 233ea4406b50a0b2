/**
 * @module peers/host-key
 * Hosts as keys of tables and counters: one text per host, one per address block. Not here: how far a host reaches (`identity/host-scope.ts`).
 */
import { tryParseAddress } from '../identity/address.ts'
import { hostScope } from '../identity/host-scope.ts'
import { isMapped, parseIp } from '../identity/ip.ts'
import { recalling } from '../recall.ts'
import { maxRecalledHosts } from './defaults.ts'

/** One text for each host, however it is written: the bytes of an IP in hexadecimal, a name in lower case. */
export function hostKey(host: string): string {
  return keysOf(host).host
}

/** The address block of a host: /24 of IPv4, /48 of IPv6 (what one customer gets, RFC 6177); a name is its own block. */
export function blockKey(host: string): string {
  return keysOf(host).block
}

/** The address block of a public host, for quotas that spare this machine and private networks; undefined: such a one, or not known. */
export function publicBlock(host: string): string | undefined {
  return hostScope(host) === 'public' ? blockKey(host) : undefined
}

/** The public address blocks that addresses lie in, each once. */
export function publicBlocks(addresses: readonly string[]): readonly string[] {
  const blocks = new Set<string>()
  for (const address of addresses) {
    const host = tryParseAddress(address)?.host
    const block = host === undefined ? undefined : publicBlock(host)
    if (block !== undefined) blocks.add(block)
  }
  return [...blocks]
}

/** Whether a host is this machine, or a name of a transport inside this process: limits per host usually spare it. */
export function isLocalHost(host: string): boolean {
  const scope = hostScope(host)
  return scope === 'loopback' || scope === 'name'
}

interface HostKeys {
  readonly host: string
  readonly block: string
}

/** Asked of the same hosts at every dial and every link. */
const recalledKeys = recalling(maxRecalledHosts, makeKeys)

function keysOf(host: string): HostKeys {
  return recalledKeys(host) ?? makeKeys(host)
}

function makeKeys(host: string): HostKeys {
  const ip = bytesOf(host)
  if (ip === undefined) {
    const name = `name ${host.toLowerCase()}`
    return { host: name, block: name }
  }
  const block = ip.length === 4 ? `${hex(ip.subarray(0, 3))}/24` : `${hex(ip.subarray(0, 6))}/48`
  return { host: hex(ip), block }
}

/** 4 or 16 bytes; IPv4 inside IPv6 is the IPv4 that it is, or one host would have two keys. */
function bytesOf(host: string): Uint8Array | undefined {
  const ip = parseIp(host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host)
  return ip !== undefined && isMapped(ip) ? ip.subarray(12) : ip
}

function hex(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0')
  return text
}
