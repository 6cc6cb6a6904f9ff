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
