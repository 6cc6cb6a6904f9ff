import { show, showName } from '../checks/show.ts';
import { type CustomParts, NO_PARTS } from '../network/layers/layer-context.ts';
import { isJsonObject, type Json } from './files/json.ts';

/** How files identify a module of parts: its name, and the SHA-256 of its source and of all that it imports by path. */
export interface ModuleRecord {
  /** Name of the file, without folders. */
  readonly name: string;
  /** SHA-256 as 64 hexadecimal digits. */
  readonly sha256: string;
}

/** A module of parts that threads can import. */
export interface ModuleSource extends ModuleRecord {
  readonly url: string;
  readonly files: readonly { readonly path: string; readonly sha256: string }[]; // the module and what it imports
}

/** A user's own parts from `loadParts`. Models that were trained with them need them. */
export interface LoadedParts {
  /** The modules: names and hashes. */
  readonly modules: readonly ModuleRecord[];
  /** Locations of the modules. @internal */
  readonly sources: readonly ModuleSource[];
  /** Parts by family and name. @internal */
  readonly customParts: CustomParts;
}

/** The parts of a model or run without modules. */
export const NOTHING_LOADED: LoadedParts = { modules: [], sources: [], customParts: NO_PARTS };

/**
 * Checks that all modules named in a file are loaded.
 * @throws Error that begins with `subject`, such as 'loadModel: moons.gradloom', naming the first module that is not.
 */
export function checkModules(subject: string, records: Json | undefined, { modules }: LoadedParts): void {
  for (const { name, sha256 } of checkRecords(subject, records)) {
    if (modules.some((module) => module.sha256 === sha256)) continue;
    const other = modules.find((module) => module.name === name);
    const actual = other === undefined ? 'which was not given' : `which has the SHA-256 ${short(other.sha256)}`;
    const expectedModule = `expected the module of SHA-256 ${short(sha256)} (loadParts, or --module)`;
    throw new Error(`${subject} has parts of ${showName(name)}, ${actual}, ${expectedModule}`);
  }
}

const short = (sha256: string): string => `${showName(sha256).slice(0, 12)}…`;

/** Validates the records, as files may come from strangers. */
function checkRecords(subject: string, records: Json | undefined): readonly ModuleRecord[] {
  if (records === undefined) return [];
  const isRecord = (entry: Json): boolean =>
    isJsonObject(entry) && typeof entry.name === 'string' && typeof entry.sha256 === 'string';
  if (Array.isArray(records) && records.every(isRecord)) return records as unknown as ModuleRecord[];
  throw new Error(`${subject} has modules ${show(records)}, expected a list of { name, sha256 }`);
}
