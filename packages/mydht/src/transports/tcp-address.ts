/**
 * @module transports/tcp-address
 * Addresses of TCP: `tcp://host:port`, `tcp://[v6]:port`; and which of them to advertise. Not here: sockets.
 */
import { isIPv4, isIPv6 } from 'node:net'
import type { NetworkInterfaceInfo } from 'node:os'
import { MyDhtError } from '../errors.ts'

/** Where to connect: an IP literal (IPv6 without brackets) or a host name, and a port from 1 to 65535. */
export interface HostPort {
  readonly host: string
  readonly port: number
}

/** Interfaces of a machine by name, as `os.networkInterfaces()` gives them. */
export type Interfaces = Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>

const shape = /^tcp:\/\/(?:\[([0-9a-f:.]{2,45})\]|([a-z0-9._-]{1,253})):([1-9]\d{0,4})$/i
const name = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*\.?$/i

/**
 * Reads an address, strictly: no path, no user, no zone, no port 0, no unspecified host, no number that only looks like IPv4 (`127.1`, `0x7f.1`).
 * Throws MYDHT_BAD_ADDRESS.
 */
export function parseTcpAddress(address: string): HostPort {
  const found = shape.exec(address)
  const host = found?.[1] ?? found?.[2] ?? ''
  const port = Number(found?.[3])
  const good = found?.[1] === undefined ? isHost(host) : isIPv6(host)
  if (!found || port > 65_535 || !good || isUnspecified(host)) {
    throw new MyDhtError(
      'MYDHT_BAD_ADDRESS',
      `got address '${address.slice(0, 300)}': write tcp://host:port or tcp://[IPv6]:port with a port from 1 to 65535`
    )
  }
  return { host, port }
}

/** Writes an address that `parseTcpAddress` reads. */
export function tcpAddress(host: string, port: number): string {
  return isIPv6(host) ? `tcp://[${host}]:${port}` : `tcp://${host}:${port}`
}

/** The host of a socket's other end as it is compared and limited: no zone, IPv4 where IPv6 only wraps it (RFC 4291 §2.5.5.2). */
export function plainHost(host: string): string {
  const bare = host.replace(/%.*$/, '')
  const wrapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(bare)
  return wrapped?.[1] ?? bare
}

/**
 * What to tell others when we are bound to `host`: itself, or, for `0.0.0.0` and `::`, each address of the machine except link-local ones
 * (169.254/16, fe80::/10: they mean nothing on another machine). Loopback only when there is nothing else. `::` takes IPv4 too, as Node binds it.
 */
export function hostsToAdvertise(host: string, interfaces: Interfaces): readonly string[] {
  if (!isUnspecified(host)) return [host]
  const all = Object.values(interfaces)
    .flatMap((each) => each ?? [])
    .filter((each) => (isIPv6(host) || each.family === 'IPv4') && !isLinkLocal(each.address))
  const outside = all.filter((each) => !each.internal)
  const hosts = (outside.length > 0 ? outside : all).map((each) => each.address)
  return [...new Set(hosts)]
}

function isHost(host: string): boolean {
  // A last label that is a number makes it IPv4 or nothing (WHATWG URL, "ends in a number").
  const last = host.replace(/\.$/, '').split('.').at(-1) ?? ''
  return /^(\d+|0x[0-9a-f]*)$/i.test(last) ? isIPv4(host) : name.test(host)
}

function isUnspecified(host: string): boolean {
  return host === '0.0.0.0' || (isIPv6(host) && /^[0:.]+$/.test(host))
}

function isLinkLocal(host: string): boolean {
  return host.startsWith('169.254.') || /^fe[89ab]/i.test(host)
}
