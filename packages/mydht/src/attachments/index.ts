/**
 * @module mydht/attachments
 * What `mydht/attachments` offers to those who write an app: streams of chunks with credit, their sources and sinks.
 */
export { createAttachments } from './attachments.ts'
export type { Attachments, AttachmentStats } from './attachments.ts'
export type { AttachmentsOptions } from './options.ts'
export { memorySink, memorySource } from './body.ts'
export type { ByteSink, ByteSource, StreamOutcome } from './body.ts'
export { createPromises } from './promises.ts'
export type { Outcome, Promises } from './promises.ts'
