import { basename } from 'node:path';
import { writeSynced } from '@gradloom/runtime';

/** Keeps the bytes of a damaged file beside it, under the first name that is free; returns that name. */
export function keepAside(path: string, bytes: Uint8Array): string {
  for (let number = 1; ; number++) {
    const aside = `${path}.damaged-${number}`;
    try {
      writeSynced(aside, [bytes]);
      return basename(aside);
    } catch (error) {
      // Of an earlier time.
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    }
  }
}
