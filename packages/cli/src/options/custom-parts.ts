import type { CustomParts, LoadedParts } from '@gradloom/core';
import { option, show } from '@gradloom/core/internal';
import type { LoadOptions } from '@gradloom/runtime';
import { withoutCaller } from '../terminal/failure.ts';
import { type FileOption, readValue } from './option.ts';

let loadedParts: LoadedParts | undefined;

/** The parts of the --module files: one set per command. Undefined without --module. */
export const loadedModules = (): LoadedParts | undefined => loadedParts;

/** The parts of the --module files by family. */
export const customParts = (): CustomParts | undefined => loadedParts?.customParts;

/** Options for loading a model that may use parts of the --module files. */
export const loadOptions = (): LoadOptions => (loadedParts === undefined ? {} : { parts: loadedParts });

/** Imports what --module names, before the other options are read, which may name its parts. */
export async function useModules(module: unknown): Promise<void> {
  loadedParts = undefined;
  if (typeof module !== 'string' || module === '') return;
  const { loadParts } = await import('@gradloom/runtime');
  try {
    loadedParts = await loadParts(readValue(modules, '--module', module));
  } catch (error) {
    throw new Error(`--${withoutCaller(error)}`, { cause: error });
  }
}

const modules = option.kind((_where, name, raw): readonly string[] => {
  const paths = typeof raw === 'string' ? raw.split(',').map((path) => path.trim()) : [];
  if (paths.length > 0 && paths.every((path) => path !== '')) return paths;
  throw new Error(`${name} has ${show(raw)}, expected the path of a module such as ./my-parts.js`);
});

/** The --module option, for every command that builds a network or reads a model. */
export const moduleOption = {
  group: 'Model',
  effect: 'code',
  ...modules(undefined, 'module with parts of your own, such as ./my-parts.js; several are separated by commas'),
} satisfies FileOption<readonly string[]>;
