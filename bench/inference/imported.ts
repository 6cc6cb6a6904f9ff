import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { buildNetwork, createRandom, type Model } from '@gradloom/core';
import { importModel, saveModel } from '@gradloom/runtime';
import type { AxisLayout } from '../../packages/runtime/src/models/formats/onnx/axis-layout.ts';
import { folderOf, realModels } from '../models/packages.ts';
import type { InferenceWorkload } from './workloads.ts';

/** Whole graphs of Debian's libonnx-testdata, whose weights are constants. */
const GRAPHS = '/usr/share/libonnx-testdata/data/light';

const ROWS = 8; // those of the largest batch

/** Graphs of one input, those that are on this machine or that npm fetches. */
function graphFiles(): { path: string; sizes?: Readonly<Record<string, number>> }[] {
  const graphs = existsSync(GRAPHS) ? readdirSync(GRAPHS).filter((file) => file.endsWith('.onnx')) : [];
  const ofPackages = realModels.flatMap(({ package: name, file, sizes, constants }) => {
    const folder = constants === undefined ? folderOf(name) : null;
    return folder === null ? [] : [{ path: join(folder, file), ...(sizes === undefined ? {} : { sizes }) }];
  });
  return [...graphs.sort().map((file) => ({ path: join(GRAPHS, file) })), ...ofPackages];
}

/** Imported networks in float32, and random rows for them, in files that are deleted when this process ends. */
export async function createImportedWorkloads(): Promise<InferenceWorkload[]> {
  const folder = mkdtempSync(join(tmpdir(), 'gradloom-imported-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const workloads: InferenceWorkload[] = [];
  for (const { path, sizes } of graphFiles()) {
    const name = basename(path, '.onnx').replace(/^light_|_infer$/g, '');
    let imported: Model;
    try {
      imported = await importModel(path, { precision: 'float32', ...(sizes === undefined ? {} : { sizes }) });
    } catch (error) {
      console.log(`${name}: left out, ${(error as Error).message}`);
      continue;
    }
    const { inputs } = imported.metadata.onnx as unknown as { inputs: AxisLayout[] };
    const network = buildNetwork(imported.spec);
    const [model, x] = [join(folder, `${name}.gradloom`), join(folder, `${name}.x`)];
    saveModel(model, imported);
    const random = createRandom(0, 'imported');
    writeFileSync(
      x,
      Uint8Array.from({ length: ROWS * network.inputs }, () => random.integer(256)),
    );
    const order = inputs[0].axes.slice(1).map(Number);
    const files = { model, onnx: path, theta: '', x };
    workloads.push({
      name,
      type: 'float32',
      network: network.spec,
      ...files,
      divisor: 255,
      rows: ROWS,
      isText: false,
      order,
    });
  }
  return workloads;
}
