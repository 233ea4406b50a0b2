#!/usr/bin/env node
// The mydht command. A committed shim, because npm links no bin whose target does not exist yet.
import { existsSync } from 'node:fs'

const main = new URL('../dist/src/main.js', import.meta.url)

if (existsSync(main)) {
  await import(main.href)
} else {
  console.error('mydht is not built yet: run "npm run build" at the root of the repository, then try again.')
  process.exitCode = 1
}
