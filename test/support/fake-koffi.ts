import type { Koffi, NativeFunction, NativeLibrary } from '../../packages/runtime/src/system/native/koffi.ts';

/** C functions by name. */
export type FakeLibrary = Record<string, NativeFunction>;

/** A fake koffi with these libraries by name, which knows as little about the process as on Windows. */
export function fakeKoffi(libraries: Record<string, FakeLibrary>): () => Koffi {
  return () => ({
    load(path) {
      const functions = path === null ? undefined : libraries[path];
      if (functions === undefined)
        throw new Error('cannot open shared object file: No such file or directory\nat load');
      return fakeLibrary(functions);
    },
    struct: () => ({}),
    pointer: () => ({}),
    out: () => ({}),
    proto: () => ({}),
    decode: () => undefined,
  });
}

function fakeLibrary(functions: FakeLibrary): NativeLibrary {
  const symbol = (name: string): NativeFunction => {
    if (!(name in functions)) throw new Error(`Cannot find function '${name}' in shared library`);
    return functions[name];
  };
  return { symbol, func: (declaration: string) => symbol(/(\w+) ?\(|^\w+$/.exec(declaration)?.[1] ?? declaration) };
}
