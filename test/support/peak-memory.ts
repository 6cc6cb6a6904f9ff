import { readFileSync, writeFileSync } from 'node:fs';
import { collectGarbage } from '../../packages/runtime/src/engine/threads/contexts.ts';

/** Bytes that this process took at the most, beyond those that it had, while `work` went on, and what that gave. */
export async function peakDuring<T>(work: () => Promise<T>): Promise<{ bytes: number; value: T }> {
  collectGarbage();
  writeFileSync('/proc/self/clear_refs', '5');
  const before = residentPeak();
  const value = await work();
  return { bytes: residentPeak() - before, value };
}

/** Bytes that this process took at the most, since its start or the last `peakDuring`. */
export function residentPeak(): number {
  const [, kibibytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return Number(kibibytes) * 1024;
}
