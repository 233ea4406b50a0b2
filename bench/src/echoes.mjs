/**
 * Counts echoes with callbacks: so many requests are on the way at any time, and each echo sends the next.
 */

/** `start(onEcho)` gives the function that sends one request. Gives how many came back in how many milliseconds. */
export function countEchoes(inFlight, seconds, start) {
  return new Promise((resolve) => {
    let count = 0
    let outside = inFlight
    const began = performance.now()
    const end = began + seconds * 1000
    const send = start(() => {
      count++
      if (performance.now() < end) return send()
      outside--
      if (outside === 0) resolve({ count, ms: performance.now() - began })
    })
    for (let i = 0; i < inFlight; i++) send()
  })
}
