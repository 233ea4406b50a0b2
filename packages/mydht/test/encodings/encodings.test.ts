/** @module test/encodings/encodings — both encodings against the published suite. */
import { test } from 'node:test'
import { createBinary } from '../../src/encodings/binary.ts'
import { createJson } from '../../src/encodings/json.ts'
import { seededRandom } from '../../src/random.ts'
import { encodingSuite } from '../../src/testing/encoding-suite.ts'

encodingSuite({ test, create: createBinary, random: seededRandom(1) })
encodingSuite({ test, create: createJson, random: seededRandom(2), samples: 500 })
