/**
 * @module wire/checks
 * Rules for the fields of messages that every encoding keeps, whatever its bytes look like.
 */
import { maxAppNameBytes, maxCodeBytes, maxHistoryPeers } from './limits.ts'
import type { History, ReadyMessage } from './messages.ts'

/** 1 for each byte that an app name may hold: a to z, 0 to 9 and the hyphen. */
export const appNameByte: Uint8Array = new Uint8Array(256)
for (const letter of 'abcdefghijklmnopqrstuvwxyz0123456789-') appNameByte[letter.charCodeAt(0)] = 1

/** Whether `text` may name an app: 1 to 32 of a–z, 0–9 and the hyphen. Also for names in a configuration. */
export function isAppName(text: string): boolean {
  if (text.length < 1 || text.length > maxAppNameBytes) return false
  for (let i = 0; i < text.length; i++) if (appNameByte[text.charCodeAt(i)] !== 1) return false
  return true
}

/** Whether a byte may stand in a code: printable ASCII, so that a code can go to a log as it is. */
export function isCodeByte(byte: number): boolean {
  return byte >= 0x20 && byte <= 0x7e
}

/** Whether `text` is a code: at most 64 printable ASCII characters. Empty: no reason to name. */
export function isCode(text: string): boolean {
  if (text.length > maxCodeBytes) return false
  for (let i = 0; i < text.length; i++) if (!isCodeByte(text.charCodeAt(i))) return false
  return true
}

/** Whether a history keeps to its own limit: at most 64, none at limit 0, and no more peers than `limit` where that counts peers. */
export function isHistory(history: History): boolean {
  const count = history.peers.length
  if (history.limit > maxHistoryPeers || count > maxHistoryPeers) return false
  return history.keep === 'peers' ? count <= history.limit : count === 0 || history.limit > 0
}

/** Whether a `ready` agrees with itself: a code only where it refuses. */
export function isReady(ready: ReadyMessage): boolean {
  return !ready.accepted || ready.code === ''
}
