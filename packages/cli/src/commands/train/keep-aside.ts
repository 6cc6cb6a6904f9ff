import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { writeAtomically } from '@gradloom/runtime/internal';

/** Stores the bytes of a damaged file beside it, under the first free name; returns that name. */
export function keepAside(path: string, bytes: Uint8Array): string {
  let number = 1;
  while (existsSync(`${path}.damaged-${number}`)) number++;
  const aside = `${path}.damaged-${number}`;
  writeAtomically('train', aside, [bytes]);
  return basename(aside);
}
