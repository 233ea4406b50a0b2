/** @module test/folder: stores in a folder that goes when the tests of a file are over. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after } from 'node:test'
import { part, realise, systemClock, type Clock, type Store } from 'mydht'
import { classic, level, type BackendPart, type Database, type LevelOptions } from 'mydht-level'

/** A fresh folder. */
export function freshFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'mydht-level-'))
  after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Opens a store; nobody waits for a lock. */
export async function open(options: LevelOptions, clock: Clock = systemClock): Promise<Store> {
  return realise(level({ lockWaitMs: 0, ...options }))({ clock })
}

/** LevelDB with something changed about it. */
export function changed(change: (database: Database) => Database): BackendPart {
  return part(import.meta.url, 'changed', undefined, () => ({
    open: async (location) => change(await realise(classic()).open(location)),
  }))
}

/** `count` keys that look like ours. */
export function keysOf(count: number): readonly string[] {
  return Array.from({ length: count }, (_, i) => `k${i}`.padEnd(52, 'a'))
}
