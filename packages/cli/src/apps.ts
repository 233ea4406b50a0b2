/**
 * @module apps
 * The apps that every node of the command runs. Not here: the demo's, which have rules of their own.
 */
import { createNode } from 'mydht'
import type { Node, NodeConfig } from 'mydht'
import { files } from 'mydht/apps/files'
import type { FilesApp } from 'mydht/apps/files'
import { kv } from 'mydht/apps/kv'
import type { KvApp, KvOptions } from 'mydht/apps/kv'

/** A node that keeps values under keys and shares files. */
export type CliNode = Node<{ readonly kv: KvApp; readonly files: FilesApp }>

/** Starts a node with the apps of the command. Rejects as `createNode` does. */
export function createCliNode(config: Omit<NodeConfig, 'apps'>, options: KvOptions = {}): Promise<CliNode> {
  return createNode({ ...config, apps: { kv: kv(options), files: files() } })
}
