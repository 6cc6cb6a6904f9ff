/**
 * Where a page may not share memory, browsers hide this constructor but still make such memory for WebAssembly. One
 * worker that keeps it for itself then trains as a team of one.
 */
export const sharesMemory = typeof SharedArrayBuffer !== 'undefined' && globalThis.crossOriginIsolated;

if (typeof SharedArrayBuffer === 'undefined') {
  const { buffer } = new WebAssembly.Memory({ initial: 0, maximum: 0, shared: true });
  Object.defineProperty(globalThis, 'SharedArrayBuffer', { value: buffer.constructor });
}
