import { readFileSync, writeFileSync } from 'node:fs';
import { collectGarbage } from '../../packages/runtime/src/engine/threads/contexts.ts';

/** Peak memory of this process in bytes during `work`, relative to before, and the result of `work`. */
export async function peakDuring<T>(work: () => Promise<T>): Promise<{ bytes: number; value: T }> {
  collectGarbage();
  writeFileSync('/proc/self/clear_refs', '5');
  const before = residentPeak();
  const value = await work();
  return { bytes: residentPeak() - before, value };
}

/** Peak memory of this process in bytes, since its start or the last `peakDuring`. */
export function residentPeak(): number {
  const [, kibibytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return Number(kibibytes) * 1024;
}
