import { checkKeys, show } from '@gradloom/core/internal';
import { firstLine, type Koffi, loadKoffi, loadLibrary, type NativeLibrary } from '../../system/native/koffi.ts';
import { type MpiFamily, type MpiName, mpiFamilies, mpiNames } from './mpi-families.ts';
import { bindMpi, type MpiLibrary } from './mpi-library.ts';

type Environment = Readonly<Record<string, string | undefined>>;

export interface FindMpiOptions {
  path?: string | undefined; // the only library to try; default: GRADLOOM_MPI of the environment, else searched by name
  environment?: Environment; // default process.env
  koffi?: () => Koffi; // default: the installed package
}

/** A library, or the reason why there is none. */
export type MpiSearch =
  | { readonly library: MpiLibrary; readonly reason: null }
  | { readonly library: null; readonly reason: string };

/**
 * Opens the given MPI library, or the first that the system finds by name. If mpirun has started this process, the
 * library of that mpirun is tried first: with another one each rank would believe that it is alone.
 */
export function findMpi(options: FindMpiOptions = {}): MpiSearch {
  checkKeys('findMpi', options, ['path', 'environment', 'koffi']);
  const { environment = process.env } = options;
  let koffi: Koffi;
  try {
    koffi = (options.koffi ?? loadKoffi)();
  } catch (error) {
    // Node gives the same code if koffi is there, but not its build for this system.
    const reason = firstLine(error);
    const advice = reason === "Cannot find module 'koffi'" ? 'npm install koffi@3' : reason;
    return refusal(`koffi is not installed, expected version 3 (${advice})`);
  }
  if (options.path !== undefined) return open(koffi, options.path, 'path');
  if (environment.GRADLOOM_MPI) return open(koffi, environment.GRADLOOM_MPI, 'GRADLOOM_MPI');
  return search(koffi, startedBy(environment));
}

/** The MPI implementation whose mpirun started this process; null if the environment names none. */
export function startedBy(environment: Environment): MpiName | null {
  const isSet = (key: string): boolean => environment[key] !== undefined;
  return mpiNames.find((name) => mpiFamilies[name].sizeVariables.some(isSet)) ?? null;
}

/** Number of ranks that the launcher started, read from the environment; null if it is not set. */
export const rankCount = (environment: Environment): number | null =>
  numberIn('rankCount', environment, [
    ...mpiNames.flatMap((name): readonly string[] => mpiFamilies[name].sizeVariables),
    'SLURM_STEP_NUM_TASKS',
  ]);

/** This process's rank on its machine, from 0, read from the environment; null if it is not set. */
export const localRank = (environment: Environment): number | null =>
  numberIn('localRank', environment, [...mpiNames.map((name) => mpiFamilies[name].localRankVariable), 'SLURM_LOCALID']);

function numberIn(where: string, environment: Environment, names: readonly string[]): number | null {
  if (typeof environment !== 'object' || environment === null) {
    throw new Error(`${where}: environment has ${show(environment)}, expected that of a process`);
  }
  const variable = names.find((name) => environment[name] !== undefined);
  return variable === undefined ? null : Number(environment[variable]);
}

/** Opens a library again, in another thread. @throws if it cannot be loaded. */
export function openMpi(path: string): MpiLibrary {
  const koffi = loadKoffi();
  return bindMpi(koffi, load(koffi, path), path);
}

function open(koffi: Koffi, path: string, where: string): MpiSearch {
  const has = `${where} has ${JSON.stringify(path)}`;
  let library: NativeLibrary;
  try {
    library = load(koffi, path);
  } catch (error) {
    return refusal(`${has}, expected an MPI library (${firstLine(error)})`);
  }
  try {
    return { library: bindMpi(koffi, library, path), reason: null };
  } catch (error) {
    return refusal(`${has}, ${firstLine(error)}`);
  }
}

function search(koffi: Koffi, starter: MpiName | null): MpiSearch {
  const namesOf = (name: MpiName) => (mpiFamilies[name] as MpiFamily).libraries[process.platform] ?? [];
  const families = starter === null ? mpiNames : [starter];
  let refusals = '';
  for (const name of families.flatMap(namesOf)) {
    let loaded: NativeLibrary;
    try {
      loaded = load(koffi, name);
    } catch {
      continue; // the system has none of this name
    }
    try {
      const library = bindMpi(koffi, loaded, name);
      if (starter === null || library.name === starter) return { library, reason: null };
      refusals += `; ${name} is ${library.name}`;
    } catch (error) {
      refusals += `; ${name} is there, ${firstLine(error)}`;
    }
  }
  const starterText = starter === null ? 'MPI' : `${starter}, whose mpirun has started this process`;
  const names = families.flatMap(namesOf).join(', ') || `a path in GRADLOOM_MPI, on ${process.platform}`;
  const packages = families.map((name) => `${mpiFamilies[name].debianPackage} for ${name}`).join(', or ');
  const advice = process.platform === 'linux' ? ` (Debian: apt install ${packages})` : '';
  return refusal(`the system has no library of ${starterText}, expected ${names}${advice}${refusals}`);
}

/**
 * Loads a library, and keeps UCX, a transport layer below most MPI builds, from hooking the allocation of memory. While
 * it installs its hooks, it may unmap memory that another thread is allocating: 13 of 1,000 processes crashed while
 * loading the library, and none of 500 without the hooks. They are needed only for InfiniBand, where UCX registers
 * memory more often without them.
 */
function load(koffi: Koffi, path: string): NativeLibrary {
  process.env.UCX_MEM_EVENTS ??= 'n';
  // Global, since MPI opens its components as libraries later, and some look for its symbols.
  return loadLibrary(koffi, path, { global: true });
}

function refusal(reason: string): MpiSearch {
  return { library: null, reason: `cluster: ${reason}` };
}
