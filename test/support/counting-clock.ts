import { isMainThread, threadId } from 'node:worker_threads';

/**
 * Loaded into the threads of a pool by `--import`: time goes on by one tick with each look at the clock and each call
 * of a wasm kernel, and stands still otherwise. A tick has 1 ms, in every other thread 2. What such a thread says of
 * its times is known beforehand, however busy the machine is.
 */
if (!isMainThread) {
  const tickMs = 1 + (threadId % 2);
  let nowMs = 0;
  const tick = (): number => {
    nowMs += tickMs;
    return nowMs;
  };
  performance.now = tick;
  type Call = (...args: number[]) => unknown;
  type Instance = { readonly exports: Record<string, unknown> };
  const api = (globalThis as unknown as { WebAssembly: { Instance: new (...args: unknown[]) => Instance } })
    .WebAssembly;
  const Real = api.Instance;
  const counted = (call: Call): Call => {
    return (...args) => {
      tick();
      return call(...args);
    };
  };
  api.Instance = class {
    readonly exports: Record<string, unknown>;
    constructor(...args: unknown[]) {
      const entries = Object.entries(new Real(...args).exports);
      this.exports = Object.fromEntries(
        entries.map(([name, it]) => [name, typeof it === 'function' ? counted(it as Call) : it]),
      );
    }
  };
}
