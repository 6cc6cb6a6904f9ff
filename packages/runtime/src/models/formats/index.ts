import type { FileFault } from '../../system/files/file-fault.ts';
import type { ExportedModel } from './exported.ts';
import type { TensorFile } from './tensor-file.ts';

/** A file format of other programs. */
export interface ModelFormat {
  readonly title: string; // for help texts
  readonly ending: string; // ending of its files, or '/' for a folder
  readonly holdsLora?: boolean; // whether it can have low-rank additions apart from the weights, by default true
  /** Returns the contents of a file. Absent for a folder. @throws Error for a model that the format cannot hold. */
  write?(model: ExportedModel): Promise<Iterable<Uint8Array>>;
  /** Returns the contents of the files of a folder by name. @throws Error for a model that the format cannot hold. */
  files?(model: ExportedModel): Promise<ReadonlyMap<string, Iterable<Uint8Array>>>;
  /** Opens a file. Absent if the format is only written. */
  open?(where: string, path: string, fault: FileFault): Promise<TensorFile>;
}

/** Readers and writers are imported when used, since help reads only the names. */
const table = {
  onnx: {
    title: 'the whole model for onnxruntime, preprocessing included',
    ending: '.onnx',
    holdsLora: false,
    write: async (model) => (await import('./onnx/write-onnx.ts')).writeOnnx(model),
    open: async (...file) => (await import('./onnx/read/import-onnx.ts')).openOnnx(...file),
  },
  safetensors: {
    title: 'tensors under the names of PyTorch',
    ending: '.safetensors',
    write: async (model) => (await import('./write-safetensors.ts')).writeSafetensors(model),
    open: async (...file) => (await import('./read-safetensors.ts')).openSafetensors(...file),
  },
  npz: {
    title: 'the same as arrays of NumPy',
    ending: '.npz',
    write: async (model) => (await import('./write-npz.ts')).writeNpz(model),
    open: async (...file) => (await import('./read-npz.ts')).openNpz(...file),
  },
  gradloom: {
    title: 'a model file of Gradloom',
    ending: '.gradloom',
    write: async ({ contents }) => (await import('../model-file.ts')).packModel('exportModel', contents),
  },
  json: {
    title: 'the network and its weights as text',
    ending: '.json',
    write: async (model) => (await import('./write-json.ts')).writeJson(model),
  },
  huggingface: {
    title: 'a folder of Hugging Face, as the one that it was imported from',
    ending: '/',
    holdsLora: false,
    files: async (model) => (await import('./hugging-face/write-folder.ts')).filesOfFolder(model),
  },
} satisfies Record<string, ModelFormat>;

/** Name of a model format. */
export type ModelFormatName = keyof typeof table;

/** Every format. To add one, write a file and list it here. */
export const modelFormats: Readonly<Record<ModelFormatName, ModelFormat>> = table;

/** The format of a file by its ending; undefined if there is none. */
export const formatOf = (path: string): ModelFormatName | undefined =>
  (Object.keys(table) as ModelFormatName[]).find((name) => path.toLowerCase().endsWith(table[name].ending));

/** Lists endings: '.safetensors, .npz or .json'. */
export function endingsOf(formats: readonly ModelFormat[]): string {
  const endings = formats.map(({ ending }) => ending);
  return endings.length === 1 ? endings[0] : `${endings.slice(0, -1).join(', ')} or ${endings.at(-1)}`;
}
