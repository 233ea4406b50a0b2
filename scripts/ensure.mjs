/**
 * Makes sure that the workspace is installed and built, and says in one line what it does, only when there is something to do.
 * The one place that knows how to run npm and the installed tools. Needs nothing but Node and npm; never reads stdin.
 * Not here: the build itself (compile.mjs).
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { build, isBuilt } from './compile.mjs'
import { root, workspaceFolders } from './workspace.mjs'

/** Says one line on stderr, so that stdout stays what the program itself prints. */
export function say(line) {
  console.error(`mydht: ${line}`)
}

/** Installs the dependencies if they are missing or not those of package-lock.json. Ends the process if that fails. */
export function ensureInstalled() {
  const command = neededInstall()
  if (command === undefined) return
  say(`installing dependencies (npm ${command}) …`)
  if (install(command)) return
  // "npm ci" refuses a lock that lacks a binary of another platform (npm/cli#9846); "npm install" does not mind.
  if (command === 'ci' && install('install')) return
  fail('npm could not install the dependencies: see its lines above')
}

/** Runs `npm install` or `npm ci`, its errors on stderr. True if it ended well. */
export function install(command, cwd = root) {
  return npm([command, '--loglevel=error', '--no-progress'], { cwd, stdio: ['ignore', 'ignore', 2] }) === 0
}

/** Builds what is missing or outdated. Ends the process if that fails. */
export function ensureBuilt() {
  if (isBuilt()) return
  say('building …')
  if (!build()) fail('the build failed: see the errors above')
}

/** Installs, then builds: all that a script needs to run compiled code. */
export function ensureReady() {
  ensureInstalled()
  ensureBuilt()
}

/** Runs npm and gives its exit code. */
export function npm(args, options = {}) {
  const own = process.env.npm_execpath
  const viaNode = own !== undefined && /npm-cli\.c?js$/.test(own)
  const result = viaNode
    ? spawnSync(process.execPath, [own, ...args], { cwd: root, stdio: ['ignore', 1, 2], ...options })
    : spawnSync('npm', args, { cwd: root, stdio: ['ignore', 1, 2], shell: process.platform === 'win32', ...options })
  return result.status ?? 1
}

/** Says why, and ends the process with exit code 1. */
export function fail(reason) {
  say(reason)
  process.exit(1)
}

/** Which npm command brings node_modules up to date; undefined if it is. */
function neededInstall() {
  const lock = readJson('package-lock.json')
  if (lock === undefined) return 'install'
  const installed = readJson('node_modules/.package-lock.json')
  if (process.env.CI !== undefined) return installed !== undefined && holds(installed, lock) ? undefined : 'ci'
  // With a node_modules that others may be using, "install" changes only what differs; "ci" would take it all away first.
  if (!matchesManifests(lock)) return 'install'
  if (installed === undefined) return 'ci'
  return holds(installed, lock) ? undefined : 'install'
}

/** Whether everything that the lock asks for on this machine is installed in that version. */
function holds(installed, lock) {
  return Object.entries(lock.packages).every(([place, entry]) => {
    if (!place.startsWith('node_modules/') || entry.optional === true || entry.peer === true) return true
    const found = installed.packages[place]
    return found !== undefined && found.version === entry.version && existsSync(path.join(root, place))
  })
}

/** Whether the lock knows the dependencies that every package.json names now. */
function matchesManifests(lock) {
  return ['', ...workspaceFolders()].every((folder) => {
    const manifest = readJson(path.posix.join(folder, 'package.json'))
    const locked = lock.packages[folder]
    if (locked === undefined) return false
    return ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies'].every(
      (kind) => canonical(manifest[kind]) === canonical(locked[kind])
    )
  })
}

function canonical(dependencies = {}) {
  return JSON.stringify(Object.entries(dependencies).sort(([a], [b]) => (a < b ? -1 : 1)))
}

function readJson(file) {
  const full = path.join(root, file)
  return existsSync(full) ? JSON.parse(readFileSync(full, 'utf8')) : undefined
}
