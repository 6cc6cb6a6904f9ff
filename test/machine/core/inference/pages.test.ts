import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildNetwork, createLoss, gptNetwork, type Model, type openModel, referenceKernels } from '@gradloom/core';
import {
  allocateEach,
  bindTensors,
  createWorkspace,
  hasFusedWasm,
  NO_TEAM_MEMORY,
  rowPredictor,
  typeOf,
  unfusedKernels,
  WasmApi,
} from '@gradloom/core/internal';
import { createModel, type ModelContents, saveModel } from '@gradloom/runtime';
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';
import { closeBrowser } from '../../../support/browser.ts';
import { everyLayer, inputsFor, weightsFor } from '../../../support/every-layer.ts';
import { onPage, type PageKind, type PageRights } from '../../../support/model-page.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const folder = temporaryFolder();

/** A network of each kind of layer, of doubles and of floats, with rows, and a model of text. */
const models: { contents: ModelContents; rows: number[][] | null }[] = Object.values(everyLayer).flatMap((spec) => {
  const weights = weightsFor(spec);
  const rows = inputsFor(spec, 5);
  return [weights, Float32Array.from(weights)].map((parameters) => ({ contents: { spec, parameters }, rows }));
});
const gpt = gptNetwork(2, 2, 8)([8], 5);
models.push({
  contents: {
    spec: gpt,
    parameters: weightsFor(gpt),
    loss: 'softmax-cross-entropy',
    preprocessing: {
      version: 1,
      text: { tokenizer: { kind: 'characters', vocabulary: ['\n', 'a', 'b', 'c', 'é'] }, context: 8, lines: false },
    },
  },
  rows: null,
});
const files = models.map(({ contents }, k) => {
  const path = join(folder.path, `${k}.gradloom`);
  saveModel(path, contents);
  return readFileSync(path);
});
const allRows = models.map(({ rows }) => rows);

/** The outputs for rows, or a text. */
const say = (model: Model, rows: number[][] | null) =>
  rows === null ? [...model.generate('é', { tokens: 30, seed: 1 })].join('') : model.outputs(rows);

afterAll(closeBrowser);
afterEach(() => vi.restoreAllMocks());

describe.each<[PageKind, PageRights]>([
  ['without SharedArrayBuffer', { shares: false, compiles: true }],
  ['with SharedArrayBuffer', { shares: true, compiles: true }],
])('a page %s', (kind, rights) => {
  test('answers by every layer with the bits of the runtime', async (context) => {
    const page = await onPage(context, files, say, allRows, kind);
    expect(page.rights).toEqual(rights);
    for (const [k, { contents, rows }] of models.entries()) {
      expect(page.said[k], JSON.stringify(contents.spec)).toEqual(say(createModel(contents), rows));
    }
  }, 60_000);
});

test('a page whose policy forbids WebAssembly answers by plain code, unfused', async (context) => {
  const page = await onPage(context, files, say, allRows, 'that may not compile WebAssembly');
  expect(page.rights).toEqual({ shares: false, compiles: false });
  for (const [k, { contents, rows }] of models.entries()) {
    if (rows !== null) expect(page.said[k]).toEqual(plainOutputs(contents, rows, false));
    else expect(page.said[k]).toHaveLength(30);
  }
}, 60_000);

describe('in Node without the runtime', () => {
  /** The function of a program that has opened no model before. */
  async function freshOpenModel(): Promise<typeof openModel> {
    vi.resetModules();
    return (await import('@gradloom/core')).openModel;
  }

  test.each(['with', 'without'])(
    'models answer in WebAssembly %s SharedArrayBuffer, by the bits of plain code',
    async (has) => {
      const compile = vi.spyOn(WasmApi, 'Module');
      if (has === 'without') vi.stubGlobal('SharedArrayBuffer', undefined);
      const open = await freshOpenModel();
      const said = files.map((bytes, k) => say(open(bytes), allRows[k]));
      vi.unstubAllGlobals();
      expect(compile.mock.calls.length).toBeGreaterThan(models.length);
      for (const [k, { contents, rows }] of models.entries()) {
        if (rows !== null) expect(said[k]).toEqual(plainOutputs(contents, rows, hasFusedWasm()));
        expect(said[k]).toEqual(say(createModel(contents), rows));
      }
    },
  );

  test('where no memory of WebAssembly is left, they answer by plain code of the same bits', async () => {
    class NoMemory {
      constructor() {
        throw new RangeError('could not allocate memory');
      }
    }
    const create = vi.spyOn(WasmApi, 'Memory').mockImplementation(NoMemory as never);
    const open = await freshOpenModel();
    for (const [k, { contents, rows }] of models.entries()) {
      if (rows === null) continue;
      expect(say(open(files[k]), rows)).toEqual(plainOutputs(contents, rows, hasFusedWasm()));
    }
    expect(create).toHaveBeenCalled();
  });
});

/** Outputs of plain code. */
function plainOutputs({ spec, parameters }: ModelContents, rows: number[][], fused: boolean): number[][] {
  const network = buildNetwork(spec);
  const workspace = createWorkspace(
    network,
    createLoss('mse'),
    rows.length,
    allocateEach(typeOf(parameters)),
    NO_TEAM_MEMORY,
  );
  const kernels = fused ? referenceKernels : unfusedKernels;
  const predict = rowPredictor(network, workspace, bindTensors(network, parameters), kernels);
  const y = predict(Float64Array.from(rows.flat()));
  return rows.map((_, n) => [...y.slice(n * network.outputs, (n + 1) * network.outputs)]);
}
