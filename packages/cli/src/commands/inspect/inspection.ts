import { buildNetwork, createOptimizer, type NetworkSpec } from '@gradloom/core';
import { type LayerFacts, layerFacts, trainedParameters, typeOf } from '@gradloom/core/internal';
import { type ModelFile, openModelFile } from '@gradloom/runtime';
import { isFusedRecord, largestChange } from '@gradloom/runtime/internal';
import { customParts, loadOptions } from '../../options/custom-parts.ts';
import { type NamedTensor, type TensorFigures, tensorFigures, tensorsOf } from './tensors.ts';

/** An opened model or checkpoint file. */
export interface Inspected {
  readonly path: string;
  readonly file: ModelFile;
  readonly tensors: readonly NamedTensor[];
}

/** @throws Error if the file is damaged, or not a Gradloom file. */
export function inspectFile(path: string): Inspected {
  const file = openModelFile(path, loadOptions());
  const { checkpoint } = file;
  const slots = checkpoint === null ? [] : createOptimizer(checkpoint.record.optimizer).slots;
  return { path, file, tensors: tensorsOf(file, slots) };
}

/** The part of the JSON that the network alone decides. */
export function networkFacts(spec: NetworkSpec): Pick<Inspection, 'parameters' | 'trainedParameters' | 'layers'> {
  const network = buildNetwork(spec, customParts());
  return {
    parameters: network.parameterCount,
    trainedParameters: trainedParameters(network),
    layers: layerFacts(network),
  };
}

/** The JSON of a file. */
export interface Inspection {
  readonly path: string;
  readonly kind: 'model' | 'checkpoint';
  readonly format: number;
  readonly bytes: number;
  readonly fingerprint: string;
  readonly precision: 'float64' | 'float32'; // type of the weights
  // Largest change of a weight when rounded to float32: 0 in a float32 model, Infinity (null in JSON) if it overflows.
  readonly largestChange: number;
  readonly parameters: number; // number of all parameters
  readonly trainedParameters: number; // number of parameters without running statistics and frozen layers
  readonly layers: readonly LayerFacts[];
  readonly tensors: readonly TensorFigures[];
  readonly [part: string]: unknown;
}

export function inspectionOf({ path, file, tensors }: Inspected): Inspection {
  const { model, checkpoint, format, bytes } = file;
  return {
    path,
    kind: checkpoint === null ? 'model' : 'checkpoint',
    format,
    bytes,
    fingerprint: model.fingerprint,
    precision: typeOf(model.parameters),
    largestChange: largestChange(model),
    ...headerOf(file),
    ...networkFacts(model.spec),
    tensors: tensors.map(tensorFigures),
  };
}

/** Whether products were fused in the run of a file; undefined in models of earlier versions. */
export const fusedOf = ({ model, checkpoint }: Pick<ModelFile, 'model' | 'checkpoint'>): boolean | undefined =>
  checkpoint === null ? model.fused : isFusedRecord(checkpoint.record.backend);

/** Contents of a file except its arrays. */
export function headerOf({ model, checkpoint }: ModelFile): Record<string, unknown> {
  const { spec, loss, metadata, preprocessing } = model;
  const fused = fusedOf({ model, checkpoint });
  const run = checkpoint === null ? {} : { record: checkpoint.record, progress: checkpoint.progress };
  // Models of plain numbers have no preprocessing.
  const encoding = preprocessing === undefined ? {} : { preprocessing };
  return { spec, loss: loss ?? null, ...encoding, ...(fused === undefined ? {} : { fused }), metadata, ...run };
}
