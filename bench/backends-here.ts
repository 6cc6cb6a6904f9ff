import { option } from '@gradloom/core/internal';
import type { Backend } from '@gradloom/runtime';
import { resolveBackend } from '@gradloom/runtime/internal';
import { backendChoices } from '@gradloom/runtime/options';
import { orRefuse } from './options.ts';

/**
 * The backends of a list such as 'wasm,native,blas' that run on this machine; prints why each of the others does not.
 */
export function backendsHere(list: string): Backend[] {
  return list.split(',').flatMap((name) => {
    const choice = orRefuse(() => option.oneOf(backendChoices).check('bench', '--backends', name));
    try {
      return [resolveBackend(choice)];
    } catch (error) {
      console.log(error instanceof Error ? error.message : error);
      return [];
    }
  });
}
