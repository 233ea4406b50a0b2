/**
 * `npm run check`: everything that can be said about the code without running it. Names each step and stops at the first that fails.
 * Not here: the tests (test.mjs).
 */
import { existsSync } from 'node:fs'
import path from 'node:path'
import { build } from './compile.mjs'
import { undocumentedDependencies } from './dependencies.mjs'
import { undocumentedExports } from './doc-comments.mjs'
import { ensureInstalled, fail, say } from './ensure.mjs'
import { runTool } from './tool.mjs'
import { brokenWalls } from './walls.mjs'
import { manifestOf, root, workspaceFolders } from './workspace.mjs'

const steps = [
  { name: 'format (oxfmt)', run: () => runTool('oxfmt', 'oxfmt', ['--check']) },
  { name: 'types and build (tsc)', run: build },
  { name: 'lint (oxlint, with types)', run: () => runTool('oxlint', 'oxlint', []) },
  { name: 'walls between the floors', run: () => none(brokenWalls()) },
  { name: 'doc comments of exports', run: () => none(undocumentedExports()) },
  { name: 'chapters of dependencies', run: () => none(undocumentedDependencies()) },
  { name: 'targets of exports, imports and bin', run: () => none(missingTargets()) },
  { name: 'packages as published (publint)', run: publishable },
]

ensureInstalled()
for (const { name, run } of steps) {
  say(`check: ${name}`)
  if (!run()) fail(`check failed: ${name}`)
}
say('check: all good')

function none(problems) {
  for (const problem of problems) console.error(`  ${problem}`)
  return problems.length === 0
}

/** Every path that a package.json promises must exist after the build. */
function missingTargets() {
  return workspaceFolders().flatMap((folder) => {
    const { exports = {}, imports = {}, bin = {} } = manifestOf(folder)
    return [...targets(exports), ...targets(imports), ...targets(bin)]
      .filter((target) => target.startsWith('.') || target.startsWith('bin/'))
      .filter((target) => !existsSync(path.join(root, folder, target)))
      .map((target) => `${folder}/package.json names ${target}, which does not exist`)
  })
}

function targets(value) {
  return typeof value === 'string' ? [value] : Object.values(value ?? {}).flatMap(targets)
}

function publishable() {
  return workspaceFolders()
    .filter((folder) => manifestOf(folder).private !== true)
    .every((folder) => runTool('publint', 'publint', ['run', folder, '--strict']))
}
