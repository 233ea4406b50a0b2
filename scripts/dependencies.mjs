/**
 * Compares docs/DEPENDENCIES.md with what every package.json names: each dependency has its chapter, and no chapter is about one that is gone.
 */
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { manifestOf, root, workspaceFolders } from './workspace.mjs'

const kinds = ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies']

/** One line for each dependency without a chapter and each chapter without a dependency. */
export function undocumentedDependencies() {
  const folders = ['.', ...workspaceFolders(), 'bench'].filter((each) =>
    existsSync(path.join(root, each, 'package.json'))
  )
  const manifests = folders.map(manifestOf)
  const named = new Set(manifests.flatMap((each) => kinds.flatMap((kind) => Object.keys(each[kind] ?? {}))))
  const text = readFileSync(path.join(root, 'docs/DEPENDENCIES.md'), 'utf8')
  const written = new Set([...text.matchAll(/^### (.+)$/gm)].map((match) => match[1].trim()))
  return [
    ...[...named].filter((each) => !written.has(each)).map((each) => `docs/DEPENDENCIES.md has no "### ${each}"`),
    ...[...written]
      .filter((each) => !named.has(each))
      .map((each) => `docs/DEPENDENCIES.md tells of ${each}, which no package.json names`),
  ]
}
