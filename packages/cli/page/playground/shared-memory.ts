/**
 * Whether workers can share memory. If not, browsers hide the constructor `SharedArrayBuffer`, but WebAssembly still
 * makes such memory, with which one worker trains alone.
 */
export const sharesMemory = typeof SharedArrayBuffer !== 'undefined' && globalThis.crossOriginIsolated;

if (typeof SharedArrayBuffer === 'undefined') {
  const { buffer } = new WebAssembly.Memory({ initial: 0, maximum: 0, shared: true });
  Object.defineProperty(globalThis, 'SharedArrayBuffer', { value: buffer.constructor });
}
