/**
 * `npm run bench -- ARGS`: installs and builds what is missing, here and in bench/, then runs bench's own script "bench".
 * bench/ is no workspace: what we measure ourselves against is no dependency of ours. It finds `mydht` in the workspace's node_modules.
 */
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { ensureReady, fail, install, npm, say } from './ensure.mjs'
import { root } from './workspace.mjs'

ensureReady()

const bench = path.join(root, 'bench')
const manifest = JSON.parse(readFileSync(path.join(bench, 'package.json'), 'utf8'))
if (manifest.dependencies !== undefined && !existsSync(path.join(bench, 'node_modules'))) {
  say('installing dependencies of bench …')
  const command = existsSync(path.join(bench, 'package-lock.json')) ? 'ci' : 'install'
  if (!install(command, bench)) fail('npm could not install the dependencies of bench: see its lines above')
}
process.exitCode = npm(['run', 'bench', '--silent', '--', ...process.argv.slice(2)], { cwd: bench })
