import { isJsonObject, type Json } from '../files/json.ts';
import { show } from '../text/show.ts';
import { NO_PARTS, type OwnParts } from './own-parts.ts';

/** What files say of a module of parts: its name, and the SHA-256 of its source and of all that it imports by path. */
export interface ModuleRecord {
  /** Name of the file, without folders. */
  readonly name: string;
  /** SHA-256 as 64 hexadecimal digits. */
  readonly sha256: string;
}

/** A module that threads import. */
export interface ModuleSource extends ModuleRecord {
  readonly url: string;
  readonly files: readonly { readonly path: string; readonly sha256: string }[]; // itself and what it imports
}

/** Parts of a user's own, from `loadParts`: what models need that were trained with them. */
export interface LoadedParts {
  /** The modules: names and hashes. */
  readonly modules: readonly ModuleRecord[];
  /**
   * Where they are.
   * @internal
   */
  readonly sources: readonly ModuleSource[];
  /**
   * By family and name.
   * @internal
   */
  readonly own: OwnParts;
}

/** Of a model or run without modules. */
export const NOTHING_LOADED: LoadedParts = { modules: [], sources: [], own: NO_PARTS };

/** @throws Error naming the first module of a file that is not among those that were loaded. */
export function checkModules(stated: Json | undefined, { modules }: LoadedParts): void {
  for (const { name, sha256 } of recordsOf(stated)) {
    if (modules.some((module) => module.sha256 === sha256)) continue;
    const other = modules.find((module) => module.name === name);
    const has = other === undefined ? 'not been given' : `the SHA-256 ${other.sha256.slice(0, 12)}…`;
    const advice = 'it has parts of the model: see loadParts, or --module';
    throw new Error(`module ${name} has ${has}, expected the SHA-256 ${sha256.slice(0, 12)}… (${advice})`);
  }
}

/** Files may come from strangers. */
function recordsOf(stated: Json | undefined): readonly ModuleRecord[] {
  if (stated === undefined) return [];
  const isRecord = (entry: Json): boolean =>
    isJsonObject(entry) && typeof entry.name === 'string' && typeof entry.sha256 === 'string';
  if (Array.isArray(stated) && stated.every(isRecord)) return stated as unknown as ModuleRecord[];
  throw new Error(`modules has ${show(stated)}, expected a list of { name, sha256 }`);
}
