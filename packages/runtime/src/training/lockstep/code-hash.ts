import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileBeside, resolveInstalled } from '../../system/installed.ts';

/** Files that make the code of a package; maps and types are none. */
const CODE = /(?<!\.d)\.(ts|js|cjs|mjs|wasm)$/;

let known: Promise<string> | undefined;

/** SHA-256 of the code that this process runs: of this package and of the mathematics, as they are on the disk. */
export function codeHash(): Promise<string> {
  known ??= hashCode([dirname(fileBeside('worker')), ...mathematics()]);
  return known;
}

/** Its folder, where a bundler has not put it beside this package. */
function mathematics(): string[] {
  try {
    return [dirname(resolveInstalled('@gradloom/core'))];
  } catch {
    return [];
  }
}

async function hashCode(folders: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const folder of folders) {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    const paths = entries
      .filter((entry) => entry.isFile() && CODE.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name));
    for (const path of paths.sort()) {
      hash.update(`${relative(folder, path)}\0`);
      hash.update(await readFile(path));
    }
  }
  return hash.digest('hex');
}
