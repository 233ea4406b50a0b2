/**
 * Runs an installed development tool (tsc, oxlint, …) with this Node, without npx and its warnings.
 * Not here: npm itself (ensure.mjs), and what the tools are asked to do.
 */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { root } from './workspace.mjs'

/** Runs the command of an installed package at the root, its output shown. True if it ended well. */
export function runTool(packageName, command, args) {
  const folder = path.join(root, 'node_modules', packageName)
  const { bin } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'))
  const entry = path.join(folder, typeof bin === 'string' ? bin : bin[command])
  return spawnSync(process.execPath, [entry, ...args], { cwd: root, stdio: ['ignore', 1, 2] }).status === 0
}
