/**
 * @module node/local-address
 * Which addresses never leave this machine.
 */
import { hasNamedHosts, tryParseAddress } from '../identity/address.ts'
import { hostScope } from '../identity/host-scope.ts'

/** Whether an address never leaves this machine. */
export function isLocalAddress(address: string): boolean {
  const target = tryParseAddress(address)
  // `localhost` is always this machine: RFC 6761, section 6.3.
  return (
    target !== undefined &&
    (hasNamedHosts(target.scheme) || target.host === 'localhost' || hostScope(target.host) === 'loopback')
  )
}
