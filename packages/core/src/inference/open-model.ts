import { listed, reasonOf, show } from '../checks/show.ts';
import { pageMemory } from '../network/page-memory.ts';
import { assembleModel } from './assemble-model.ts';
import { type Container, HASH_BYTES, openContainer, type Sealed } from './files/container.ts';
import { isJsonObject } from './files/json.ts';
import { hexadecimal, sha256Of } from './files/sha256.ts';
import { checkModules, type LoadedParts, NOTHING_LOADED } from './loaded-parts.ts';
import type { Model, ModelContents, ModelEngine } from './model.ts';

/** Kinds of files that contain a model. */
export const MODEL_KINDS = { model: 'model', checkpoint: 'checkpoint' } as const;

/** Name of the section with the weights. */
export const PARAMETERS = 'parameters';

/**
 * Opens a model from the bytes of a file that `saveModel` or a run wrote, for example in a browser. It computes in
 * WebAssembly, or in plain JavaScript where none may be compiled, with the bits of `loadModel`, which opens the file
 * itself in Node.
 *
 * ```ts
 * const model = openModel(await response.arrayBuffer()); // response to a request for iris.gradloom
 * model.predict([{ sepal_length: 5.1, sepal_width: 3.5, petal_length: 1.4, petal_width: 0.2 }]);
 * ```
 *
 * @throws Error naming the problem if any byte is changed, missing or added.
 */
export function openModel(bytes: Uint8Array | ArrayBuffer): Model {
  const file = bytes instanceof ArrayBuffer ? new Uint8Array(bytes) : bytes;
  if (!(file instanceof Uint8Array)) {
    throw new Error(`openModel: bytes has ${show(bytes)}, expected a Uint8Array or an ArrayBuffer`);
  }
  const subject = 'openModel: bytes';
  return modelOf(subject, openContainer(subject, Object.values(MODEL_KINDS), sealedBytes(subject, file)), pageEngine);
}

/** The model in a container. @throws Error that begins with `subject`, such as 'loadModel: moons.gradloom'. */
export function modelOf(
  subject: string,
  { content, sections }: Container,
  engine: ModelEngine,
  parts: LoadedParts = NOTHING_LOADED,
): Model {
  const parameters = sections.get(PARAMETERS);
  if (parameters === undefined) {
    throw new Error(`${subject} has the sections ${listed([...sections.keys()])}, expected ${PARAMETERS}`);
  }
  // A checkpoint has modules and backend in the record of its run, a model file has `modules` and `fused` itself.
  const { spec, loss, metadata, preprocessing, record } = content;
  const run = isJsonObject(record) ? record : null;
  checkModules(subject, run === null ? content.modules : run.modules, parts);
  const { fused } = run !== null && isJsonObject(run.backend) ? run.backend : content;
  try {
    // assembleModel checks the content.
    const contents = { spec, loss, metadata, preprocessing, parts, parameters, fused } as unknown as ModelContents;
    return assembleModel('createModel', contents, engine);
  } catch (error) {
    const reason = reasonOf(error);
    const problem = `has parts that do not belong together (${reason}), expected those of one model`;
    throw new Error(`${subject} ${problem}`, { cause: error });
  }
}

/** A file in memory. It is copied when read. `readAll` throws an Error that begins with `subject`. */
export function sealedBytes(subject: string, bytes: Uint8Array): Sealed {
  const size = bytes.length;
  return {
    size,
    peek(position, length) {
      const prefix = new Uint8Array(length);
      prefix.set(bytes.slice(position, position + length));
      return prefix;
    },
    readAll() {
      const file = new Uint8Array(size);
      file.set(bytes);
      const hash = sha256Of(new Uint8Array(file.buffer, 0, size - HASH_BYTES));
      if (hash.every((byte, i) => byte === file[size - HASH_BYTES + i])) return file.buffer;
      throw new Error(`${subject} has a wrong checksum, expected the file as it was written (it is damaged)`);
    },
  };
}

/** Engine that runs anywhere. */
const pageEngine: ModelEngine = {
  ...pageMemory,
  // Only the runtime opens models with own parts, as it can import modules.
  fingerprint: (parameters) => hexadecimal(sha256Of(parameters)),
};
