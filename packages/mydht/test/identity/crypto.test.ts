import { test } from 'node:test'
import { crypto } from '../../src/identity/crypto/node.ts'
import { cryptoSuite } from '../../src/testing/crypto-suite.ts'
import type { CryptoVectors } from '../../src/testing/crypto-suite.ts'
import { vectorsAt } from '../helpers/vectors.ts'

const vectors: CryptoVectors = {
  symmetric: vectorsAt('symmetric.json'),
  ed25519: vectorsAt('ed25519.json'),
  x25519: vectorsAt('x25519.json'),
}

cryptoSuite({ test, provider: crypto, vectors })
