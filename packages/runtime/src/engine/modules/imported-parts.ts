import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import type { CustomParts } from '@gradloom/core';
import { collectParts, type ModuleSource, NO_PARTS, reasonOf, showPath } from '@gradloom/core/internal';

/** Ending of messages about an unusable module. */
export const EXPECTED = 'expected a JavaScript module with parts of your own';

/** SHA-256 of a file's contents. Pipes and devices, which may have no end, are refused. @throws if reading fails. */
export function hashOfFile(path: string): string {
  if (!statSync(path).isFile()) throw new Error('it is not a regular file');
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

/** Parts that this thread has imported, by their modules. */
const partsByPath = new Map<string, CustomParts>();

const keyOf = (modules: readonly ModuleSource[]): string => modules.map(({ url, sha256 }) => `${url} ${sha256}`).join();

/** The parts of modules that this thread has imported; undefined if it has not. */
export const importedParts = (modules: readonly ModuleSource[]): CustomParts | undefined =>
  modules.length === 0 ? NO_PARTS : partsByPath.get(keyOf(modules));

/** The parts of a team, which its thread imports before its first task. */
export function partsOf({ modules }: { readonly modules: readonly ModuleSource[] }): CustomParts {
  const parts = importedParts(modules);
  if (parts === undefined) throw new Error('worker: parts have not been imported, expected them before the first task');
  return parts;
}

/**
 * Imports modules into this thread. Node imports a file only once, so a file that has changed since is refused: its new
 * code would not run.
 * @throws Error naming the module that cannot be imported or has changed.
 */
export async function importParts(modules: readonly ModuleSource[]): Promise<CustomParts> {
  const existing = importedParts(modules);
  if (existing !== undefined) return existing;
  const parts = collectParts(
    await Promise.all(
      modules.map(async (module) => {
        const exports: Record<string, unknown> = await import(/* @vite-ignore */ module.url).catch((cause: unknown) => {
          const reason = reasonOf(cause);
          throw new Error(`${module.name} cannot be imported: ${reason}, ${EXPECTED}`, { cause });
        });
        refuseChanged(module);
        return { source: module.name, exports };
      }),
    ),
  );
  partsByPath.set(keyOf(modules), parts);
  return parts;
}

/** Hash of each file when this thread first imported it. */
const hashes = new Map<string, string>();

/** @throws Error naming the first file that has changed since it was hashed, or since this thread first imported it. */
function refuseChanged({ files }: ModuleSource): void {
  for (const { path, sha256 } of files) {
    const expected = 'expected it as it was';
    if (hashOfFile(path) !== sha256) {
      throw new Error(`${showPath(path)} has changed since it was imported, ${expected} (start the program again)`);
    }
    if ((hashes.get(path) ?? sha256) !== sha256) {
      throw new Error(`${showPath(path)} has changed since this program imported it, ${expected} (start it again)`);
    }
    hashes.set(path, sha256);
  }
}
