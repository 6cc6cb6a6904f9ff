import { show } from '@gradloom/core/internal';
import { readNpyFrom } from '../../data/npy.ts';
import { readNpyHeader } from '../../data/npy-header.ts';
import type { ByteSource } from '../../system/files/byte-source.ts';
import type { FileFault } from '../../system/files/file-fault.ts';
import { openZip, type ZipArchive } from '../../system/files/zip-archive.ts';
import type { StoredTensor, TensorFile } from './tensor-file.ts';
import { isCounter } from './torch-tensors.ts';

const ENDING = '.npy';
const MAX_ARRAYS = 10_000;

/**
 * Opens an archive of npy files that numpy.savez or numpy.savez_compressed wrote. Headers are read now, numbers later,
 * and no more than a header says. @throws Error (rejects) of `fault`.
 */
export async function openNpz(where: string, path: string, fault: FileFault): Promise<TensorFile> {
  const archive = await openZip(where, path, 'an npz file, as numpy.savez writes it');
  try {
    const { names } = archive;
    if (names.length > MAX_ARRAYS) throw fault(`${names.length} arrays`, `at most ${MAX_ARRAYS}`);
    const tensors = new Map<string, StoredTensor>();
    for (const file of names) {
      if (!file.endsWith(ENDING)) throw fault(`the file ${show(file)} in it`, 'arrays such as 0.weight.npy');
      const name = file.slice(0, -ENDING.length);
      // Skips batch counters, which are scalars.
      if (!isCounter(name)) tensors.set(name, await tensorOf(archive, file, fault));
    }
    return { tensors, close: async () => archive.close() };
  } catch (error) {
    archive.close();
    throw error;
  }
}

async function tensorOf(archive: ZipArchive, file: string, fileFault: FileFault): Promise<StoredTensor> {
  const fault: FileFault = (has, expected) => fileFault(`an array ${show(file)} with ${has}`, expected);
  async function withSource<T>(use: (source: ByteSource, fault: FileFault) => Promise<T>): Promise<T> {
    const source = await archive.open(file);
    try {
      return await use(source, fault);
    } finally {
      await source.close();
    }
  }
  const { type, shape } = await withSource(readNpyHeader);
  return {
    type: type.name,
    shape,
    async read() {
      if (!/f[248]$/.test(type.name)) throw fault(`the type ${show(type.name)}`, 'f8, f4 or f2 after <, > or |');
      return (await withSource(readNpyFrom)).array;
    },
  };
}
