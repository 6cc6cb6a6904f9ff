import { limitMemory } from '@gradloom/runtime';
import { nameFlag } from './name-flag.ts';
import { runOptions } from './run-options.ts';

const table = { 'memory-limit': runOptions['memory-limit'] };

/** Sets the memory limit of --memory-limit, or removes it. @throws UsageError if the process already takes more. */
export function boundMemory({ 'memory-limit': limit }: { 'memory-limit'?: number }): void {
  try {
    limitMemory(limit ?? null);
  } catch (error) {
    throw nameFlag(error, table);
  }
}
