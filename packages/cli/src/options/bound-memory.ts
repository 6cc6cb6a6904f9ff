import { limitMemory } from '@gradloom/runtime';
import { nameFlag } from './name-flag.ts';
import { runOptions } from './run-options.ts';

const table = { 'memory-limit': runOptions['memory-limit'] };

/**
 * Holds this process to what --memory-limit says, or to nothing of its own.
 * @throws UsageError where it has more already.
 */
export function boundMemory({ 'memory-limit': limit }: { 'memory-limit'?: number }): void {
  try {
    limitMemory(limit ?? null);
  } catch (error) {
    throw nameFlag(error, table);
  }
}
