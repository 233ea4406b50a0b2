/**
 * Compiles all packages and examples with `tsc -b`, so that dist holds exactly what the sources say: outputs of deleted sources go,
 * missing outputs come back.
 * Not here: installing (ensure.mjs), the command `npm run build` (build.mjs).
 */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { runTool } from './tool.mjs'
import {
  buildStates,
  compiledSources,
  filesBelow,
  orphanedOutputs,
  outputOf,
  root,
  workspaceFolders,
} from './workspace.mjs'

/** What the last good build was made of. In node_modules, so that a fresh install builds afresh. */
const stampFile = path.join(root, 'node_modules/.mydht-build')

/** Brings dist up to date. False if there were errors; tsc has printed them. Code is written in spite of type errors. */
export function build() {
  const before = fingerprint()
  rmSync(stampFile, { force: true })
  // Without its state tsc forgets what it knew of the deleted sources, and checks again whoever imported them.
  if (removeOrphans() > 0 || missingOutputs().length > 0) forgetBuildStates()
  const good = runTool('typescript', 'tsc', ['-b']) && isComplete()
  if (good) remember(before)
  return good
}

/** Whether dist is what the last good build made of the present sources. */
export function isBuilt() {
  return (
    existsSync(stampFile) &&
    readFileSync(stampFile, 'utf8') === fingerprint() &&
    orphanedOutputs().length === 0 &&
    missingOutputs().length === 0
  )
}

/** Says which sources tsc has passed over: a test that is not compiled would never run, and nobody would notice. */
function isComplete() {
  const missing = missingOutputs()
  for (const source of missing)
    console.error(`${source} was not compiled: is its project among the references of tsconfig.json?`)
  return missing.length === 0
}

/** Deletes outputs whose source is gone, and says how many there were. */
function removeOrphans() {
  const orphans = orphanedOutputs()
  for (const file of orphans) rmSync(path.join(root, file), { force: true })
  return orphans.length
}

function forgetBuildStates() {
  for (const file of buildStates()) rmSync(path.join(root, file), { force: true })
}

function missingOutputs() {
  return compiledSources().filter((source) => !existsSync(path.join(root, outputOf(source))))
}

function remember(print) {
  mkdirSync(path.dirname(stampFile), { recursive: true })
  writeFileSync(stampFile, print)
}

/** Changes whenever a source or a setting is added, removed or touched. */
function fingerprint() {
  const settings = workspaceFolders().flatMap((folder) =>
    filesBelow(folder, (file) => /\/(package|tsconfig)\.json$/.test(file))
  )
  const hash = createHash('sha256')
  for (const file of ['tsconfig.json', 'tsconfig.base.json', 'package-lock.json', ...settings, ...compiledSources()]) {
    const stat = statSync(path.join(root, file), { throwIfNoEntry: false })
    hash.update(`${file}\n${stat?.mtimeMs}\n${stat?.size}\n`)
  }
  return hash.digest('hex')
}
