/**
 * Holds the walls of the house up: finds imports that go up a floor, reach into another package, use Node's modules in portable
 * code, or name a package that package.json does not. Reads import statements by their text, as our formatter lays them out.
 * Not here: hidden time and chance and import cycles (.oxlintrc.json).
 */
import { readFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import path from 'node:path'
import { filesBelow, manifestOf, root, workspaceFolders } from './workspace.mjs'

const core = 'packages/mydht/src'

/** The floors of packages/mydht/src, lowest first. A file may import from its own floor and from those below. */
const floors = [
  [
    'bytes',
    'pieces',
    'id-table',
    'tickets',
    'clock',
    'errors',
    'random',
    'log',
    'part',
    'recall',
    'nested',
    'defaults',
    'identity/crypto',
  ],
  ['service', 'wire', 'identity'],
  ['encodings', 'transports', 'shadows', 'stores'],
  ['peers', 'routes', 'queries', 'attachments'],
  ['apps'],
  ['node'],
  ['index'],
  ['testing'],
]

/** The only files of the core that may use modules of Node: every other file runs wherever JavaScript runs. */
const nodeFiles = [
  /^transports\/(tcp|udp|fifo)\b/,
  /^identity\/crypto\/node\b/,
  /^identity\/key-file\b/,
  /^apps\/files\//,
  /^node\/machine\/node\b/,
  /^testing\//,
  /^service\/spawners\/(thread|pool|process)/,
]

/** The same of the store on disk: a browser's backend is to be one file more. */
const nodeFilesOfLevel = /^packages\/level\/src\/(classic|folder)\.ts$/

const statements = [
  /^(?:import|export)\b[^'"`;]*?\bfrom\s*['"]([^'"]+)['"]/gm,
  /^import\s*['"]([^'"]+)['"]/gm,
  /\bimport\(\s*['"]([^'"]+)['"]/g,
]

/** One line for each forbidden import: file, import and rule. */
export function brokenWalls() {
  return workspaceFolders().flatMap((folder) => {
    const manifest = manifestOf(folder)
    const files = filesBelow(folder, (file) => /\.tsx?$/.test(file))
    return [...files.flatMap((file) => problemsIn(file, folder, manifest)), ...files.flatMap(missingFloor)]
  })
}

function problemsIn(file, folder, manifest) {
  return importsOf(file).flatMap((specifier) => {
    const rule = brokenRule(file, specifier, folder, manifest)
    return rule === undefined ? [] : [`${file} imports '${specifier}': ${rule}`]
  })
}

function brokenRule(file, specifier, folder, manifest) {
  if (isNodeModule(specifier)) return nodeRule(file)
  if (specifier.startsWith('#')) return undefined
  if (specifier.startsWith('.')) return relativeRule(file, specifier, folder)
  return packageRule(file, specifier, folder, manifest)
}

function nodeRule(file) {
  if (file.startsWith('packages/level/src/') && !nodeFilesOfLevel.test(file))
    return 'only the backend of Node uses modules of Node (see nodeFilesOfLevel in scripts/walls.mjs)'
  if (!file.startsWith(`${core}/`)) return undefined
  const inside = file.slice(core.length + 1)
  return nodeFiles.some((each) => each.test(inside))
    ? undefined
    : 'portable code uses no modules of Node (see nodeFiles in scripts/walls.mjs)'
}

function relativeRule(file, specifier, folder) {
  const target = path.posix.join(path.posix.dirname(file), specifier)
  if (!target.startsWith(`${folder}/`)) return 'a package is used by its name and exports, not by its files'
  if (file.startsWith(`${folder}/src/`) && !target.startsWith(`${folder}/src/`)) return 'src imports only src'
  return floorRule(file, target)
}

function floorRule(file, target) {
  const [from, to] = [floorOf(file), floorOf(target)]
  if (from === undefined || to === undefined || to <= from) return undefined
  return `goes up, from floor [${floors[from].join(', ')}] to floor [${floors[to].join(', ')}]`
}

function packageRule(file, specifier, folder, manifest) {
  const name = specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
  if (/^[^/]+\/(src|dist)\//.test(specifier) && name.startsWith('mydht'))
    return 'a package is used by its name and exports, not by its files'
  const inSource = file.startsWith(`${folder}/src/`)
  if (name === manifest.name) return inSource ? 'a package imports its own files by relative paths' : undefined
  const known = {
    ...manifest.dependencies,
    ...manifest.peerDependencies,
    ...(inSource ? {} : { ...manifest.devDependencies, ...manifestOf('.').devDependencies }),
  }
  return name in known ? undefined : `${folder}/package.json does not name '${name}' among its dependencies`
}

function missingFloor(file) {
  const known = !file.startsWith(`${core}/`) || floorOf(file) !== undefined
  return known ? [] : [`${file} is on no floor: add it to floors in scripts/walls.mjs`]
}

/** The floor of a core file: that of the longest path in the list that it begins with. */
function floorOf(file) {
  if (!file.startsWith(`${core}/`)) return undefined
  const parts = file
    .slice(core.length + 1)
    .replace(/\.tsx?$/, '')
    .split('/')
  for (let length = parts.length; length > 0; length -= 1) {
    const floor = floors.findIndex((names) => names.includes(parts.slice(0, length).join('/')))
    if (floor !== -1) return floor
  }
  return undefined
}

function importsOf(file) {
  const text = readFileSync(path.join(root, file), 'utf8').replace(/^\s*(\*|\/\/|\/\*).*$/gm, '')
  return [...new Set(statements.flatMap((statement) => [...text.matchAll(statement)].map((match) => match[1])))]
}

function isNodeModule(specifier) {
  return specifier.startsWith('node:') || builtinModules.includes(specifier)
}
