/**
 * What is where in this repository: the workspaces, their sources, and the files that tsc makes of them.
 * Only looks; changes nothing.
 */
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

/** The root of the repository. */
export const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)))

/** What tsc writes for one source file. */
const outputSuffixes = ['.d.ts.map', '.js.map', '.d.ts', '.js']

/** The folders of all workspaces, relative to the root, with "/" between. */
export function workspaceFolders() {
  const packages = readdirSync(path.join(root, 'packages'))
    .map((name) => `packages/${name}`)
    .sort()
  return [...packages, 'examples'].filter((folder) => existsSync(path.join(root, folder, 'package.json')))
}

/** The package.json of a workspace. */
export function manifestOf(folder) {
  return JSON.parse(readFileSync(path.join(root, folder, 'package.json'), 'utf8'))
}

/** All files below a folder, relative to the root, without dist and node_modules. Empty if there is no such folder. */
export function filesBelow(folder, accept = () => true) {
  return walk(folder).filter(accept).sort()
}

/** The TypeScript sources that tsc turns into JavaScript, in all workspaces: paths relative to the root. */
export function compiledSources() {
  return sourceFolders().flatMap((folder) =>
    filesBelow(folder, (file) => /\.tsx?$/.test(file) && !file.endsWith('.d.ts'))
  )
}

/** The folders whose sources tsc compiles. It keeps their names below the dist folder of the workspace. */
export function sourceFolders() {
  return workspaceFolders()
    .filter((folder) => existsSync(path.join(root, folder, 'tsconfig.json')))
    .flatMap((folder) => (folder === 'examples' ? [folder] : [`${folder}/src`, `${folder}/test`]))
    .filter((folder) => existsSync(path.join(root, folder)))
}

/** The JavaScript file that tsc makes of a source: packages/a/src/b.ts becomes packages/a/dist/src/b.js. */
export function outputOf(source) {
  const home = homeOf(source)
  return `${home}/dist/${source.slice(home.length + 1).replace(/\.tsx?$/, '.js')}`
}

/** Files in dist that tsc made of a source which is gone. */
export function orphanedOutputs() {
  return workspaceFolders()
    .flatMap((folder) => (folder === 'examples' ? ['examples/dist'] : [`${folder}/dist/src`, `${folder}/dist/test`]))
    .flatMap((folder) => walk(folder, true))
    .filter(isOrphan)
}

/** The incremental state of tsc, one file per project. */
export function buildStates() {
  return workspaceFolders().flatMap((folder) =>
    walk(`${folder}/dist`, true).filter((file) => file.endsWith('.tsbuildinfo'))
  )
}

function isOrphan(output) {
  const suffix = outputSuffixes.find((each) => output.endsWith(each))
  if (suffix === undefined) return false
  const stem = output.slice(0, -suffix.length).replace('/dist/', '/')
  return !['.ts', '.tsx'].some((each) => existsSync(path.join(root, stem + each)))
}

function homeOf(file) {
  return file.startsWith('examples/') ? 'examples' : file.split('/').slice(0, 2).join('/')
}

function walk(folder, inOutput = false) {
  const full = path.join(root, folder)
  if (!existsSync(full)) return []
  return readdirSync(full, { withFileTypes: true }).flatMap((entry) => {
    const file = `${folder}/${entry.name}`
    if (!entry.isDirectory()) return [file]
    return entry.name === 'node_modules' || (entry.name === 'dist' && !inOutput) ? [] : walk(file, inOutput)
  })
}
