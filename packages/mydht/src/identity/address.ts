/**
 * @module identity/address
 * Addresses of nodes as text: `tcp://host:port`, `memory://name`, with the PeerId that is expected there in the user part:
 * `tcp://<peerid>@host:port`. Not here: whether an address may be dialled (`host-scope.ts` tells how far it reaches).
 */
import { MyDhtError } from '../errors.ts'
import { recalling } from '../recall.ts'
import { maxAddressLength, maxRecalled } from './defaults.ts'
import { isHostName } from './host-scope.ts'
import { formatIp, parseIp } from './ip.ts'
import { parsePeerId } from './peer-id.ts'
import type { PeerId } from './peer-id.ts'

/** An address, taken apart. */
export interface NodeAddress {
  /** Lower case, without the colon: `tcp`. */
  readonly scheme: string
  /** IP literal (IPv6 without brackets, as RFC 5952 writes it) or name, lower case. */
  readonly host: string
  /** 1 to 65535; undefined where the scheme has none. */
  readonly port: number | undefined
  /** Who is expected there. */
  readonly id: PeerId | undefined
  /** The address without the PeerId, in its one form: what a transport takes. */
  readonly link: string
}

/** Schemes whose hosts are names of the transport's own, on this machine. Their addresses have no port; all others must have one. */
const named: ReadonlySet<string> = new Set(['memory', 'fifo'])

/** Whether hosts of a scheme are names that the transport gives out itself: no resolver sees them, and nothing leaves this machine. */
export function hasNamedHosts(scheme: string): boolean {
  return named.has(scheme)
}

/** Takes an address apart, as a person typed it. Throws MYDHT_BAD_ADDRESS with what is wrong and how it should look. */
export function parseAddress(text: string): NodeAddress {
  const read = readAddress(text)
  if (typeof read !== 'string') return read
  const shown = text.length > 80 ? `${text.slice(0, 80)}…` : text
  const advice = 'write tcp://host:port, memory://name, or tcp://<peerid>@host:port'
  throw new MyDhtError('MYDHT_BAD_ADDRESS', `'${shown}' is no address: ${read}; ${advice}`)
}

/** The same for text that somebody else wrote: undefined instead of a throw. The same addresses come with every record of a peer, so it remembers. */
export const tryParseAddress: (text: string) => NodeAddress | undefined = recalling(maxRecalled, (text) => {
  const read = readAddress(text)
  return typeof read === 'string' ? undefined : read
})

/** The one text of an address, with the PeerId where it has one. */
export function formatAddress(address: Pick<NodeAddress, 'scheme' | 'host' | 'port' | 'id'>): string {
  const user = address.id === undefined ? '' : `${address.id}@`
  const host = address.host.includes(':') ? `[${address.host}]` : address.host
  const port = address.port === undefined ? '' : `:${address.port}`
  return `${address.scheme}://${user}${host}${port}`
}

/** An address with the PeerId that is expected there. Throws MYDHT_BAD_ADDRESS. */
export function addressWithId(link: string, id: PeerId): string {
  return formatAddress({ ...parseAddress(link), id })
}

/** The address, or what is wrong with it. */
function readAddress(text: string): NodeAddress | string {
  if (text.length > maxAddressLength) return `it has ${text.length} letters, at most ${maxAddressLength} are allowed`
  const parts = /^([a-z][a-z0-9+.-]*):\/\/(?:([^@]*)@)?([^@]*)$/i.exec(text)
  if (parts === null) return 'it does not begin with a scheme and ://'
  const scheme = (parts[1] ?? '').toLowerCase()
  const end = /^(\[[^\]]*\]|[^:[\]]*)(?::(.*))?$/.exec(parts[3] ?? '')
  if (end === null) return 'an IPv6 host stands in brackets'
  const id = parts[2] === undefined ? undefined : parsePeerId(parts[2])
  if (parts[2] !== undefined && id === undefined) return 'what stands before @ is no PeerId (52 letters a-z and 2-7)'
  const host = readHost(end[1] ?? '')
  if (host === undefined)
    return `'${end[1]}' is neither a host name nor an IP address (no path, no zone, no short forms)`
  const port = end[2] === undefined ? undefined : readPort(end[2])
  if (end[2] !== undefined && port === undefined) return `'${end[2]}' is no port from 1 to 65535`
  if (named.has(scheme) && port !== undefined) return `${scheme} addresses have no port`
  if (!named.has(scheme) && port === undefined) return 'the port is missing'
  const link = formatAddress({ scheme, host, port, id: undefined })
  return { scheme, host, port, id, link }
}

function readHost(text: string): string | undefined {
  if (text.startsWith('[')) {
    const ip = text.includes(':') ? parseIp(text.slice(1, -1)) : undefined
    return ip === undefined ? undefined : formatIp(ip)
  }
  const ip = parseIp(text)
  if (ip !== undefined) return formatIp(ip)
  return isHostName(text) ? text.toLowerCase() : undefined
}

function readPort(text: string): number | undefined {
  if (!/^[1-9]\d{0,4}$/.test(text)) return undefined
  const port = Number(text)
  return port <= 65_535 ? port : undefined
}
