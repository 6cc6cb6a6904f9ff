import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { gzipSync } from 'node:zlib';
import { type BasicType, type ColumnSource, parquetWriteBuffer } from 'hyparquet-writer';
import { expect, test } from 'vitest';
import { counted } from '../../../support/count.ts';
import { encodeIdx } from '../../../support/encode-idx.ts';
import { encodeNpy } from '../../../support/encode-npy.ts';
import { encodeZip } from '../../../support/encode-zip.ts';
import { programFile } from '../../../support/program-file.ts';
import { propertySeed } from '../../../support/seed.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const folder = temporaryFolder();
const fixture = (name: string) => readFileSync(new URL(`../../../fixtures/${name}`, import.meta.url));
const ROWS = 200;
const column = (type: BasicType, at: (n: number) => unknown, more: Partial<ColumnSource> = {}): ColumnSource => ({
  name: 'x',
  type,
  data: Array.from({ length: ROWS }, (_, n) => at(n)),
  nullable: false,
  ...more,
});
const parquet = (first: ColumnSource, codec: 'SNAPPY' | 'UNCOMPRESSED' = 'UNCOMPRESSED'): Uint8Array => {
  const other = column('DOUBLE', (n) => n / 8, { name: 'y' });
  return new Uint8Array(parquetWriteBuffer({ columnData: [first, other], codec, rowGroupSize: 150 }));
};
const word = (n: number): string => `word ${n >> 3}`;
const gappy = (n: number): string | null => (n % 3 === 0 ? null : word(n));
const numbers = Array.from({ length: 60 }, (_, n) => n % 7);

/** Files by the ways that their numbers are packed. */
const files: Record<string, Uint8Array> = {
  'doubles.parquet': parquet(column('DOUBLE', (n) => (n % 3 === 0 ? null : n / 2), { nullable: true })),
  'dictionary.parquet': parquet(column('STRING', word, { encoding: 'RLE_DICTIONARY' })),
  'gaps.parquet': parquet(column('STRING', gappy, { encoding: 'RLE_DICTIONARY', nullable: true }), 'SNAPPY'),
  'flags.parquet': parquet(column('BOOLEAN', (n) => n % 5 === 0, { encoding: 'RLE' })),
  'deltas.parquet': parquet(column('INT32', (n) => n * n, { encoding: 'DELTA_BINARY_PACKED' })),
  'long-deltas.parquet': parquet(column('INT64', (n) => BigInt(n * n), { encoding: 'DELTA_BINARY_PACKED' })),
  'lengths.parquet': parquet(column('STRING', word, { encoding: 'DELTA_LENGTH_BYTE_ARRAY' })),
  'prefixes.parquet': parquet(column('STRING', gappy, { encoding: 'DELTA_BYTE_ARRAY', nullable: true })),
  'bytes.parquet': parquet(column('FLOAT', (n) => n / 4, { encoding: 'BYTE_STREAM_SPLIT' })),
  ...Object.fromEntries(
    ['uncompressed', 'snappy', 'gzip', 'zstd', 'brotli', 'lz4_raw'].map((codec) => {
      return [`${codec}.parquet`, fixture(`table-${codec}.parquet`)];
    }),
  ),
  ...Object.fromEntries(
    (JSON.parse(fixture('images.json').toString()).files as { name: string; file: string }[]).map(({ name, file }) => {
      return [`${name}/class/${name}`, Buffer.from(file, 'base64')];
    }),
  ),
  'idx/train-images-idx3-ubyte': encodeIdx('unsigned byte', [10, 2, 3], numbers),
  'idx/train-labels-idx1-ubyte': encodeIdx('unsigned byte', [10], numbers.slice(0, 10)),
  'packed/train-images-idx3-ubyte.gz': gzipSync(encodeIdx('float', [10, 2, 3], numbers)),
  'packed/train-labels-idx1-ubyte.gz': gzipSync(encodeIdx('unsigned byte', [10], numbers.slice(0, 10))),
  'a.npy': encodeNpy('f8', [10, 6], numbers),
  'a.npz': encodeZip([
    { name: 'x.npy', bytes: encodeNpy('f4', [10, 6], numbers) },
    { name: 'y.npy', bytes: encodeNpy('u1', [10], numbers.slice(0, 10)), isStored: true },
  ]),
};

/** Damages of each file. */
const DAMAGES = counted(20, 1000);
/** Each takes a few milliseconds. */
const HANGS_MS = 30_000;

test(
  'a damaged file of data is read or refused in one sentence, and soon',
  async () => {
    folder.writeFolder('whole', files);
    const args = [programFile('read-damaged'), `${folder.path}/whole`, String(DAMAGES), String(propertySeed)];
    const child = spawn(process.execPath, ['--max-old-space-size=1024', ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const outcomes: Record<string, number> = { read: 0, sentence: 0 };
    const wrong: string[] = [];
    let [file, slowest] = ['none', 0];
    let watch = setTimeout(() => child.kill('SIGKILL'), HANGS_MS);
    for await (const line of createInterface(child.stdout)) {
      watch = watch.refresh();
      const { begins, base64, outcome, ms } = JSON.parse(line);
      if (begins !== undefined) {
        file = `${begins}: ${base64}`;
        continue;
      }
      slowest = Math.max(slowest, ms);
      if (outcome in outcomes) outcomes[outcome]++;
      else wrong.push(`${outcome}: ${file}`);
    }
    clearTimeout(watch);
    const all = 36 + (DAMAGES + 1) * Object.keys(files).length;
    expect({ wrong, after: outcomes.read + outcomes.sentence === all ? '' : file }).toEqual({ wrong: [], after: '' });
    expect(Math.min(outcomes.read, outcomes.sentence)).toBeGreaterThan(all / 20);
    if (DAMAGES >= 1000) console.log(outcomes, slowest);
  },
  counted(120_000, 3_600_000),
);
