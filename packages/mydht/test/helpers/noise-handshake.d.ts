/** Types of the little of noise-handshake 4.2.0 that the tests use; the package brings none. */
declare module 'noise-handshake' {
  interface KeyPair {
    readonly publicKey: Uint8Array
    readonly secretKey: Uint8Array
  }
  export default class NoiseState {
    constructor(pattern: string, initiator: boolean, staticKeyPair?: KeyPair, options?: { readonly psk?: Uint8Array })
    readonly complete: boolean
    readonly tx: Uint8Array
    readonly rx: Uint8Array
    readonly rs: Uint8Array
    readonly digest: Uint8Array | null
    initialise(prologue: Uint8Array): void
    send(payload?: Uint8Array): Uint8Array
    recv(message: Uint8Array): Uint8Array
  }
}
