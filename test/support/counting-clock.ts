import { isMainThread, threadId } from 'node:worker_threads';

/**
 * Loaded into the threads of a pool by `--import`: the clock advances by one tick with each reading and each call of a
 * wasm kernel, and otherwise stands still. A tick is 1 ms, or 2 ms in every other thread. So the times of a thread are
 * known in advance, however busy the machine is.
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
