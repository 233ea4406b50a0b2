/** `npm run build`: installs what is missing, then brings dist up to date with the sources (compile.mjs). */
import { build } from './compile.mjs'
import { ensureInstalled } from './ensure.mjs'

ensureInstalled()
process.exitCode = build() ? 0 : 1
