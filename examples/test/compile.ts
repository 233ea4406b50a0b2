/**
 * @module test/compile
 * Has the compiler look at programs, and gives what it prints, or runs what it made. Not here: what it should print.
 */
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

/** One error of the compiler: where (lines count from 1), and all that it prints. */
export interface CompileError {
  readonly file: string
  readonly line: number
  readonly message: string
}

// From examples/dist/test/ to the root of the repository.
const root = fileURLToPath(new URL('../../../', import.meta.url))

/** Compiles programs by name (`a.ts`, `a/start.ts`), each on its own, as a user of `mydht` would. Rejects where the compiler itself fails. */
export function compile(programs: Readonly<Record<string, string>>): Promise<readonly CompileError[]> {
  return compiled(programs, { noEmit: true }, async (_folder, errors) => errors)
}

/** Compiles programs, and lets `use` run what came of them (`a.js`, in the folder that it gets) unless the compiler found something. */
export function compileAndRun<T>(
  programs: Readonly<Record<string, string>>,
  use: (folder: string) => Promise<T>
): Promise<T> {
  return compiled(programs, { noEmit: false }, async (folder, errors) => {
    if (errors.length > 0)
      throw new Error(errors.map(({ file, line, message }) => `${file}:${line}: ${message}`).join('\n'))
    return use(folder)
  })
}

async function compiled<T>(
  programs: Readonly<Record<string, string>>,
  options: { readonly noEmit: boolean },
  use: (folder: string, errors: readonly CompileError[]) => Promise<T>
): Promise<T> {
  // Inside this package, so that their imports find what a user's would find in node_modules.
  const folder = mkdtempSync(fileURLToPath(new URL('compile-', import.meta.url)))
  try {
    for (const [name, program] of Object.entries(programs)) {
      mkdirSync(path.dirname(path.join(folder, name)), { recursive: true })
      writeFileSync(path.join(folder, name), program)
    }
    const compilerOptions = { ...options, composite: false, declaration: false, declarationMap: false, rootDir: '.' }
    const config = { extends: path.join(root, 'tsconfig.base.json'), compilerOptions, files: Object.keys(programs) }
    writeFileSync(path.join(folder, 'tsconfig.json'), JSON.stringify(config))
    return await use(folder, errorsIn(await runCompiler(folder)))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

async function runCompiler(folder: string): Promise<string> {
  const tsc = path.join(root, 'node_modules/typescript/bin/tsc')
  const child = spawn(process.execPath, [tsc, '-p', folder, '--pretty', 'false'], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const code = new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve))
  const printed = await text(child.stdout)
  // 0: nothing to say; 1 and 2: errors in the programs.
  if (![0, 1, 2].includes((await code) ?? -1)) throw new Error(`the compiler ended with ${await code}: ${printed}`)
  return printed
}

/** Each error begins with its place; lines that are indented go on with it. */
function errorsIn(printed: string): readonly CompileError[] {
  const errors: CompileError[] = []
  for (const entry of printed.split(/\n(?=\S)/).filter((one) => one.trim() !== '')) {
    const [, file, line, message] = /^(.+?)\((\d+),\d+\): ([\s\S]+)$/.exec(entry.trim()) ?? []
    if (file === undefined || message === undefined) throw new Error(`the compiler says: ${entry}`)
    errors.push({ file, line: Number(line), message })
  }
  return errors
}
