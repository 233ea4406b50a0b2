/**
 * @module apps/files/shares
 * The index of what we share: ids to files, names to ids. In memory. Not here: finding and hashing files (`disk/walk.ts`).
 */
import type { SharedFile } from './disk/shared-file.ts'
import type { FileId } from './manifest.ts'
import { answers, type Question } from './messages.ts'

/** What we share. */
export interface Shares {
  /** Takes a file, in place of what was known under its path. False: no room. */
  add(file: SharedFile): boolean
  /** Forgets a file. */
  remove(path: string): void
  /** One that has this content. */
  byId(id: FileId): SharedFile | undefined
  byPath(path: string): SharedFile | undefined
  /** Files that answer a question, at most `limit`, each id once. */
  matching(question: Question, limit: number): readonly SharedFile[]
  list(): readonly SharedFile[]
  readonly files: number
  readonly bytes: number
}

/**
 * Makes an empty index of at most `maxFiles` files, whose manifests take at most `maxManifestsBytes`. `changed` hears of each id that has come, with a file
 * that has it, and that has gone (undefined).
 */
export function createShares(
  maxFiles: number,
  maxManifestsBytes: number,
  changed: (id: FileId, file: SharedFile | undefined) => void = () => {}
): Shares {
  const byPath = new Map<string, SharedFile>()
  const byId = new Map<FileId, Map<string, SharedFile>>()
  let bytes = 0
  let manifestsBytes = 0

  const take = (path: string): SharedFile | undefined => {
    const file = byPath.get(path)
    if (file === undefined) return undefined
    byPath.delete(path)
    const same = byId.get(file.id)
    same?.delete(path)
    if (same?.size === 0) byId.delete(file.id)
    bytes -= file.bytes
    manifestsBytes -= file.manifest.length
    return file
  }
  /** Tells of an id that had a file before. */
  const lost = (file: SharedFile | undefined): void => {
    if (file && !byId.has(file.id)) changed(file.id, undefined)
  }
  const first = (id: FileId): SharedFile | undefined => byId.get(id)?.values().next().value

  return {
    remove: (path) => lost(take(path)),
    byId: first,
    byPath: (path) => byPath.get(path),
    add(file) {
      const before = take(file.path)
      if (byPath.size >= maxFiles || manifestsBytes + file.manifest.length > maxManifestsBytes) {
        lost(before)
        return false
      }
      byPath.set(file.path, file)
      const same = byId.get(file.id) ?? new Map<string, SharedFile>()
      same.set(file.path, file)
      byId.set(file.id, same)
      bytes += file.bytes
      manifestsBytes += file.manifest.length
      lost(before)
      changed(file.id, file)
      return true
    },
    matching(question, limit) {
      if (limit < 1) return []
      if (question.type === 'id') {
        const file = first(question.id)
        return file ? [file] : []
      }
      const found = new Map<FileId, SharedFile>()
      for (const file of byPath.values()) {
        if (found.size >= limit) break
        if (!found.has(file.id) && answers(question, file.id, file.name)) found.set(file.id, file)
      }
      return [...found.values()]
    },
    list: () => [...byPath.values()],
    get files() {
      return byPath.size
    },
    get bytes() {
      return bytes
    },
  }
}
