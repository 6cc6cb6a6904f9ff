import { realpathSync } from 'node:fs';
import type { Koffi, NativeLibrary } from './koffi.ts';

/**
 * The file of a loaded library, found by dladdr of one of its symbols; null if the system has no dladdr or the file is
 * gone.
 */
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
