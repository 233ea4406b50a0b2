/**
 * @module identity/mode
 * How a network treats identities. A property of the network, so both ends of a connection must agree: it is part of the preamble.
 */

/** `public`: everybody who can prove an id. `private`: we dial only known PeerIds. `anonymous`: peers cannot be told apart. */
export type NodeMode = 'public' | 'private' | 'anonymous'
