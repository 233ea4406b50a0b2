/**
 * @module network
 * The options that say which network a command speaks to and how, and the node configuration that they make.
 */
import { readFile } from 'node:fs/promises'
import { Option } from 'commander'
import type { Command } from 'commander'
import type { EncodingPart, NodeMode, RoutePart, ShadowPart } from 'mydht'
import { binary } from 'mydht/encodings/binary'
import { json } from 'mydht/encodings/json'
import { decodeId } from 'mydht/identity'
import { kademlia } from 'mydht/routes/kademlia'
import { noise } from 'mydht/shadows/noise'
import { none } from 'mydht/shadows/none'
import { secret } from 'mydht/shadows/secret'
import { wholeNumber } from './arguments.ts'
import { usageError } from './output.ts'

/** The shadows by their names. */
export const shadowNames = ['noise', 'none', 'secret'] as const

/** A shadow's name. */
export type ShadowName = (typeof shadowNames)[number]

/** The encodings by their names. */
export const encodings: { readonly binary: () => EncodingPart; readonly json: () => EncodingPart } = { binary, json }

/** An encoding's name. */
export type EncodingName = keyof typeof encodings

/** The option `--encoding`. */
export function encodingOption(): Option {
  return new Option('--encoding <name>', 'how messages are written').choices(Object.keys(encodings)).default('binary')
}

/** The options as the parser gives them. */
export interface NetworkFlags {
  readonly network: string
  readonly mode: NodeMode
  readonly shadow?: ShadowName
  readonly secretFile?: string
  readonly passphraseEnv?: string
  readonly encoding: EncodingName
  readonly insecure?: boolean
  /** Above 0: the network is a hash table. */
  readonly replicas: number
}

/** The part of a node's configuration that they make. */
export interface NetworkConfig {
  readonly network: string
  readonly mode: NodeMode
  readonly shadow: ShadowPart
  readonly encoding: EncodingPart
  readonly insecure: boolean
  readonly route: RoutePart | undefined
}

/** Adds the options to a command. All nodes of a network must agree on them. */
export function withNetworkOptions(command: Command): Command {
  return command
    .option('--network <name>', 'the network; nodes of others are refused', 'mydht')
    .addOption(
      new Option('--mode <mode>', 'who may take part').choices(['public', 'private', 'anonymous']).default('public')
    )
    .addOption(
      new Option('--shadow <name>', 'what hides the bytes (default: noise, or secret where one is given)').choices(
        shadowNames
      )
    )
    .option('--secret-file <path>', 'the network\'s key for the shadow "secret": 32 bytes, or 64 hex digits')
    .option('--passphrase-env <variable>', 'the environment variable that holds its passphrase instead')
    .addOption(encodingOption())
    .addOption(
      new Option(
        '--replicas <n>',
        'the network is a hash table, records are held by the n peers nearest to their key; 0: they stay where they were put and spread'
      )
        .argParser(wholeNumber(0, 20))
        .default(0)
    )
    .option('--insecure', 'allow the shadow "none" beyond this machine')
}

/** Makes the configuration. Rejects with a usage error, or MYDHT_BAD_CONFIG for a secret that is too weak. */
export async function networkConfig(flags: NetworkFlags): Promise<NetworkConfig> {
  return {
    network: flags.network,
    mode: flags.mode,
    shadow: await shadowOf(flags),
    encoding: encodings[flags.encoding](),
    insecure: flags.insecure ?? false,
    route: flags.replicas > 0 ? kademlia() : undefined,
  }
}

async function shadowOf({ shadow, secretFile, passphraseEnv }: NetworkFlags): Promise<ShadowPart> {
  const hasSecret = secretFile !== undefined || passphraseEnv !== undefined
  switch (shadow ?? (hasSecret ? 'secret' : 'noise')) {
    case 'secret':
      return secretShadow(secretFile, passphraseEnv)
    case 'none':
    case 'noise':
      if (hasSecret)
        throw usageError(
          `--shadow ${shadow} has no secret: leave out --secret-file and --passphrase-env, or say --shadow secret`
        )
      return shadow === 'none' ? none() : noise()
  }
}

async function secretShadow(secretFile: string | undefined, passphraseEnv: string | undefined): Promise<ShadowPart> {
  if (secretFile !== undefined && passphraseEnv !== undefined)
    throw usageError('give --secret-file or --passphrase-env, not both')
  if (secretFile !== undefined) return secret({ key: await readSecret(secretFile) })
  if (passphraseEnv === undefined) throw usageError('--shadow secret needs --secret-file or --passphrase-env')
  const passphrase = process.env[passphraseEnv]
  if (passphrase === undefined)
    throw usageError(`the environment variable ${passphraseEnv} is not set: put the passphrase there`)
  return secret({ passphrase })
}

async function readSecret(path: string): Promise<Uint8Array> {
  const bytes = await readFile(path).catch((error: unknown) => {
    throw usageError(`cannot read the secret ${path} (${error instanceof Error ? error.message : String(error)})`)
  })
  if (bytes.length === 32) return bytes
  const text = bytes.toString('latin1').trim()
  const key = /^[0-9a-f]{64}$/i.test(text) ? Buffer.from(text, 'hex') : decodeId(text)
  if (key !== undefined) return key
  throw usageError(
    `${path} holds no key: it must have 32 bytes or 64 hex digits; make one with "openssl rand 32 > ${path}"`
  )
}
