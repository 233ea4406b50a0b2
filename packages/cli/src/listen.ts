/**
 * @module listen
 * Where to listen, as a person types it: `tcp://host:port`, where port 0 is a free one.
 */
import { InvalidArgumentError } from 'commander'

/** Reads `tcp://host:port`; an IPv6 host stands in brackets. Throws InvalidArgumentError. */
export function parseListen(text: string): { readonly host: string; readonly port: number } {
  const match = /^tcp:\/\/(?:\[([0-9a-fA-F:.]+)\]|([^\s:/@[\]]+)):(\d{1,5})$/.exec(text)
  const host = match?.[1] ?? match?.[2]
  const port = Number(match?.[3])
  if (host !== undefined && port <= 65_535) return { host, port }
  throw new InvalidArgumentError('Write tcp://host:port, e.g. tcp://0.0.0.0:4000; port 0 is a free one.')
}
