/**
 * @module peers/limits
 * Counts of what strangers hold open: in all, per host, per address block. Used for connections and for handshakes. Not here: who is right.
 */
import { blockKey, hostKey, isLocalHost } from './host-key.ts'

/** How many may be open. Whole numbers. */
export interface HostLimits {
  readonly total: number
  readonly perHost: number
  readonly perBlock: number
  /** Whether loopback and names of in-process transports count in `total` only: on one machine all nodes share one host. */
  readonly exemptLocal: boolean
}

/** Which bound was reached. */
export type LimitReached = 'total' | 'host' | 'block'

/** Counts hosts. Not a table of strangers: it holds one entry for each host that has something open, so `total` bounds it. */
export interface HostCounter {
  /** Which bound one more from this host would break; undefined: none. */
  reached(host: string): LimitReached | undefined
  /** Counts one more. Gives its end, which works once. Counts past the limits too: our own user's connections are not refused. */
  add(host: string): () => void
  readonly open: number
}

/** Makes a counter. */
export function hostCounter(limits: HostLimits): HostCounter {
  const hosts = new Map<string, number>()
  const blocks = new Map<string, number>()
  let open = 0
  const exempt = (host: string): boolean => limits.exemptLocal && isLocalHost(host)
  return {
    reached(host) {
      if (open >= limits.total) return 'total'
      if (exempt(host)) return undefined
      if ((hosts.get(hostKey(host)) ?? 0) >= limits.perHost) return 'host'
      return (blocks.get(blockKey(host)) ?? 0) >= limits.perBlock ? 'block' : undefined
    },
    add(host) {
      open++
      if (!exempt(host)) {
        change(hosts, hostKey(host), 1)
        change(blocks, blockKey(host), 1)
      }
      let counted = true
      return () => {
        if (!counted) return
        counted = false
        open--
        if (exempt(host)) return
        change(hosts, hostKey(host), -1)
        change(blocks, blockKey(host), -1)
      }
    },
    get open() {
      return open
    },
  }
}

function change(counts: Map<string, number>, key: string, by: number): void {
  const count = (counts.get(key) ?? 0) + by
  if (count > 0) counts.set(key, count)
  else counts.delete(key)
}
