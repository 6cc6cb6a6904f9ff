import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { showPath } from '@gradloom/core/internal';
import { fileSystem } from '../system/files/file-system.ts';
import { isTemporaryName, removeTemporaries, temporaryPath, writeSynced } from '../system/files/write-atomically.ts';
import { CacheError, type CacheFile, createCacheFile, wrapWriteErrors } from './cache-file.ts';

const HEADER = 'header.json';

/** Identifies the file of a cache: another file of the same name differs in inode, change time or size. */
type Source = readonly [bytes: string, modifiedNs: string, changedNs: string, inode: string];

/** Size and time of a cache file when it was written; later changes alter them. */
type FileStamp = readonly [bytes: number, modifiedMs: number];

/** Header of a cache, kept in a file beside its file of numbers. */
interface SealedHeader<H> {
  readonly source: Source;
  readonly contents: readonly [fileName: string, written: FileStamp]; // of the file of numbers
  readonly header: H;
}

/** What a cache is made from, and where. */
export interface CacheRequest<H> {
  /** Path of the file that is converted. */
  readonly path: string;
  /** Folder names in `<path>.gradloom-cache`: the first is that of a new cache, and the others may fit, too. */
  readonly keys: readonly [string, ...string[]];
  /** Whether a cache with such a key is the requested one. @default true */
  fits?(header: H): boolean;
  /** Name of the file of numbers in the cache. */
  readonly fileName: string;
  fault(problem: string, cause?: unknown): Error;
  /** Reads the file at `path` once and writes `numbers`. Other files that it leaves in `folder` stay in the cache. */
  make(numbers: CacheFile, folder: string): Promise<H>;
}

/** A cache that is whole. */
export interface Cache<H> {
  readonly folder: string;
  readonly header: H;
  /** Where it comes from, for a sentence. */
  readonly origin: string;
}

/**
 * Returns the contents of a file as an earlier run converted them, or else converts them. A cache gets its final
 * name when it is complete.
 * @throws Error of `fault` if it cannot be written, or the file changes while it is read.
 */
export async function openCache<H>(request: CacheRequest<H>): Promise<Cache<H>> {
  const { path, keys, fault, fits = () => true } = request;
  const root = `${path}.gradloom-cache`;
  const source = sourceOf(path);
  if (source === null) throw fault(' is gone, expected a file that stays as it is');
  for (const key of keys) {
    const folder = join(root, key);
    const cachedHeader = headerIn<H>(folder, source);
    if (cachedHeader === null || !fits(cachedHeader)) continue;
    removeLeftovers(root, folder);
    return { folder, header: cachedHeader, origin: 'as an earlier run read it' };
  }
  const folder = join(root, keys[0]);
  try {
    await makeCache(root, folder, source, request);
  } catch (error) {
    attempt(() => rmdirSync(root)); // it may be missing, or have other caches
    if (!(error instanceof CacheError)) throw error;
    throw fault(` has no cache for --stream: ${cannotWrite(root, error)}`, error);
  }
  const header = headerIn<H>(folder, source);
  if (header !== null) return { folder, header, origin: 'made in this run' };
  throw fault(` has a cache in ${showPath(folder)} that another run replaced, expected one run at a time`);
}

/** The reason why there is no cache. */
export const cannotWrite = (folder: string, { message }: CacheError): string =>
  `${showPath(folder)} cannot be written: ${message}, expected a folder with room for it`;

export const sha256 = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('hex');

function sourceOf(path: string): Source | null {
  const stats = statSync(path, { throwIfNoEntry: false, bigint: true });
  if (stats === undefined) return null;
  return [String(stats.size), String(stats.mtimeNs), String(stats.ctimeNs), String(stats.ino)];
}

async function makeCache<H>(
  root: string,
  folder: string,
  source: Source,
  { path, fileName, fault, make }: CacheRequest<H>,
): Promise<void> {
  wrapWriteErrors(() => mkdirSync(root, { recursive: true }));
  removeLeftovers(root);
  const draft = temporaryPath(folder);
  wrapWriteErrors(() => mkdirSync(draft));
  try {
    const numbers = createCacheFile(join(draft, fileName));
    try {
      const header = await make(numbers, draft);
      if (JSON.stringify(sourceOf(path)) !== JSON.stringify(source)) {
        throw fault(' has changed while it was read, expected a file that stays as it is');
      }
      numbers.sync();
      const sealedHeader: SealedHeader<H> = { source, contents: [fileName, stampOf(join(draft, fileName))], header };
      writeSealedJson(join(draft, HEADER), sealedHeader);
    } finally {
      numbers.close();
    }
    publishFolder(draft, folder, () => headerIn(folder, source) !== null);
    removeOldCaches(root, source);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

/** Gives a finished draft of a folder its final name, unless another process has put a complete one there. */
export function publishFolder(draft: string, folder: string, isComplete: () => boolean): void {
  wrapWriteErrors(() => {
    try {
      // rename never replaces a folder with files in it.
      renameSync(draft, folder);
    } catch {
      if (isComplete()) return;
      const oldFolder = temporaryPath(folder);
      if (existsSync(folder)) fileSystem.rename(folder, oldFolder);
      rmSync(oldFolder, { recursive: true, force: true });
      fileSystem.rename(draft, folder);
    }
  });
}

/** Removes caches of earlier versions of the file. */
function removeOldCaches(root: string, source: Source): void {
  for (const name of readdirSync(root)) {
    if (isTemporaryName(name)) continue;
    if (headerIn(join(root, name), source) === null) rmSync(join(root, name), { recursive: true, force: true });
  }
}

/** The result of `work`; null if it fails. */
function attempt<T>(work: () => T): T | null {
  try {
    return work();
  } catch {
    return null;
  }
}

/** Removes what killed runs have left. A read-only folder can still be read. */
function removeLeftovers(...folders: readonly string[]): void {
  for (const folder of folders) attempt(() => removeTemporaries(folder));
}

/** The header of a complete cache of this file, else null. */
function headerIn<H>(folder: string, source: Source): H | null {
  const sealedHeader = readSealedJson(join(folder, HEADER)) as Partial<SealedHeader<H>> | null;
  if (sealedHeader?.contents === undefined || sealedHeader.header === undefined) return null;
  if (JSON.stringify(sealedHeader.source) !== JSON.stringify(source)) return null;
  const [fileName, stamp] = sealedHeader.contents;
  return hasStamp(join(folder, fileName), stamp) ? sealedHeader.header : null;
}

/** Size and modification time of a file. */
export function stampOf(path: string): FileStamp {
  const { size, mtimeMs } = statSync(path);
  return [size, mtimeMs];
}

/** Whether the file is unchanged since it was written. */
export const hasStamp = (path: string, stamp: FileStamp): boolean =>
  attempt(() => JSON.stringify(stampOf(path))) === JSON.stringify(stamp);

/** Writes JSON, preceded by its SHA-256, and flushes it to disk. */
export function writeSealedJson(path: string, value: unknown): void {
  const json = JSON.stringify(value);
  wrapWriteErrors(() => writeSynced(path, [Buffer.from(`${sha256(json)}\n${json}`)]));
}

/** Reads what `writeSealedJson` wrote; null if it is missing or damaged. */
export function readSealedJson(path: string): unknown {
  const text = attempt(() => readFileSync(path, 'utf8'));
  if (text === null) return null;
  const end = text.indexOf('\n');
  const json = text.slice(end + 1);
  return text.slice(0, end) === sha256(json) ? JSON.parse(json) : null;
}
