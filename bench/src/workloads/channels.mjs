/**
 * What a channel to another thread costs: commands of 240 bytes as fast as they are taken, and one there and back. MyDHT's `thread()`, `pool(2)` with eight
 * services and `process()`, beside `post-objects` (each command a cloned object) and `one-batch` (the same codec's frames, written into batches of
 * 64 KiB that are transferred; a window and nothing else). `inline` stands beside the `bare-call`. All of them run the same service.
 */
import { openServices } from '../channels/services.mjs'
import { openRaw } from '../channels/raw.mjs'
import { openCalls } from '../channels/calls.mjs'

export const subjects = ['one-batch', 'thread', 'pool', 'post-objects', 'process', 'inline', 'bare-call']

export function variants({ seconds }) {
  return [
    { measure: 'throughput', seconds },
    { measure: 'round-trip', seconds: seconds / 2 },
  ]
}

export function warmUp(variant) {
  return variant
}

/** One subject. */
export function open(subject) {
  if (subject === 'one-batch' || subject === 'post-objects') return openRaw(subject)
  return subject === 'bare-call' || subject === 'inline' ? openCalls(subject) : openServices(subject)
}
