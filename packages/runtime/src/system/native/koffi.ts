import { realpathSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { reasonOf } from '@gradloom/core/internal';
import { requireInstalled } from '../installed.ts';

/** The used part of koffi, declared here so that its types need not be installed. */
export interface Koffi {
  /**
   * Opens a shared library by name or path; null is the process itself. With `global`, libraries that it opens later
   * find its symbols. @throws if the system's loader fails.
   */
  load(path: string | null, options?: { readonly global?: boolean }): NativeLibrary;
  struct(members: Record<string, string>): unknown;
  pointer(type: unknown): unknown;
  out(type: unknown): unknown;
  /** The type of a C function. */
  proto(result: string, parameters: readonly string[]): unknown;
  /** The value at an address; for a function type, the function. */
  decode(address: bigint, type: unknown): unknown;
}

export interface NativeLibrary {
  /** The function of a C declaration. @throws if the library has none of that name. */
  func(declaration: string): NativeFunction;
  func(name: string, result: string, parameters: readonly unknown[]): NativeFunction;
  /** The address of a symbol. @throws if the library has none of that name. */
  symbol(name: string): unknown;
}

/** A C function. Its declaration determines the arguments; its caller knows the result. */
export type NativeFunction = (...values: unknown[]) => unknown;

/** Loads koffi, an optional dependency. @throws if it is absent or has no build for this system. */
export function loadKoffi(): Koffi {
  return requireInstalled('koffi') as Koffi;
}

/** The function of a C declaration; null if the library has none of that name. */
export function findFunction(library: NativeLibrary, declaration: string): NativeFunction | null {
  try {
    return library.func(declaration);
  } catch {
    return null;
  }
}

/** The file of a loaded library, found by dladdr of a symbol; null if the system has no dladdr or the file is gone. */
export function libraryPath(koffi: Koffi, library: NativeLibrary, symbol: string): string | null {
  try {
    const info: { file?: string } = {};
    const Info = koffi.struct({ file: 'const char *', base: 'void *', name: 'const char *', address: 'void *' });
    const dladdr = koffi.load(null).func('dladdr', 'int', ['void *', koffi.out(koffi.pointer(Info))]);
    if (dladdr(library.symbol(symbol), info) === 0 || info.file === undefined) return null;
    return realpathSync(info.file);
  } catch {
    return null;
  }
}

/** Opens a shared library. Refuses anything but a file: the system's loader would wait forever for a FIFO. */
export function loadLibrary(koffi: Koffi, path: string, options: { readonly global?: boolean } = {}): NativeLibrary {
  const isPath = path !== basename(path);
  if (isPath && statSync(path, { throwIfNoEntry: false })?.isFile() === false) throw new Error('not a regular file');
  return koffi.load(path, options);
}

/** The first line of an error's message: those of koffi and of the loader have many. */
export const firstLine = (error: unknown): string =>
  reasonOf(error instanceof Error ? error.message.split('\n')[0] : String(error).split('\n')[0]);
