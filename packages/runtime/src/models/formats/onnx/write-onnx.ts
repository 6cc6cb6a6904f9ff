import {
  buildNetwork,
  type CategoryEncoding,
  type ChannelScale,
  createLoss,
  type DatePart,
  type NumberEncoding,
  type PixelEncoding,
  type Preprocessing,
  type Shape,
  type TablePreprocessing,
  type TokenEncoding,
} from '@gradloom/core';
import {
  channelsOf,
  GAP_WORDS,
  headsOf,
  inInputOrder,
  ofImages,
  ofTable,
  periods,
  THURSDAY,
  tokensOf,
  typeOf,
} from '@gradloom/core/internal';
import { createModel } from '../../model.ts';
import { modelsOfHeads } from '../../models-of-heads.ts';
import { describeModel, type ExportedModel } from '../exported.ts';
import { emitAnswers } from './answers.ts';
import { emitImportedInputs, layoutsOf } from './axis-layout.ts';
import { createGraph, type Graph, type RealType, type Value } from './graph.ts';
import { emitNetwork } from './layers.ts';
import { range } from './rows.ts';
import { elementTypes, encodeModel } from './schema.ts';

/**
 * Opset 17 of 2022, which older runtimes can read too; newer opsets have no operator that is needed here. In this opset
 * axes are attributes. IR version 8 belongs to it. Version 2 of ai.onnx.ml has the LabelEncoder from text to integers.
 */
const OPSET = 17;
const ML_OPSET = 2;
const IR_VERSION = 8;

const onnxTypes = { float64: 'double', float32: 'float' } as const;

/** Largest weights in bytes: protocol buffers are limited to 2 GiB; some is left for the rest. */
const MAX_BYTES = 2 ** 31 - 2 ** 24;

/**
 * Writes the network in evaluation mode, in the model's type, from rows of a table (one input per column) or numbers
 * `x` [N, ...input] to answers. Columns and answers are computed in float64, as `predict` does.
 * [ONNX](https://onnx.ai/onnx/repo-docs/IR.html)
 */
export function writeOnnx(model: ExportedModel): Iterable<Uint8Array> {
  const { contents, network } = model;
  const bytes = contents.parameters.byteLength;
  if (bytes > MAX_BYTES) {
    throw new Error(`the weights have ${bytes} bytes, expected at most ${MAX_BYTES} in one ONNX file`);
  }
  const graph = createGraph();
  const type = onnxTypes[typeOf(contents.parameters)];
  const x = emitInputs(graph, type, model);
  const y = emitNetwork(graph.withType(type), network, contents.parameters, x, emitLengths(graph, model));
  const layouts = layoutsOf(contents.metadata ?? {}, network);
  const importedNames = [...(layouts?.inputs ?? []), ...(layouts?.outputs ?? [])].map(({ name }) => name);
  const columns = rowsOfTable(contents.preprocessing)?.columns.map(({ name }) => name) ?? ['x'];
  const inputNames = new Set([...columns, ...importedNames]);
  const unusedName = (name: string): string => {
    let unusedName = name;
    while (inputNames.has(unusedName)) unusedName += '_';
    return unusedName;
  };
  for (const { name, model: outputModel, outputs } of outputsOf(graph.withType(type), model, y)) {
    const layout = layouts?.outputs.find((output) => name === null || output.name === name);
    const nameOfAnswer = (answer: string): string => unusedName(name === null ? answer : `${name}.${answer}`);
    emitAnswers(graph, type, outputModel, outputs, nameOfAnswer, layout);
  }
  const file = encodeModel({
    irVersion: BigInt(IR_VERSION),
    producerName: 'gradloom',
    opsetImport: [
      { domain: '', version: BigInt(OPSET) },
      { domain: 'ai.onnx.ml', version: BigInt(ML_OPSET) },
    ],
    graph: graph.finish(),
    metadataProps: [{ key: 'gradloom', value: JSON.stringify(describeModel(model)) }],
  });
  return [file];
}

/** The outputs of a network: one without a name, or several, of which those without answers are left out. */
function outputsOf(graph: Graph, model: ExportedModel, y: Value) {
  const models = modelsOfHeads(createModel(model.contents));
  const heads = headsOf(model.network);
  if (models === null || heads === null) return [{ name: null, model, outputs: y }];
  return models.flatMap(({ name, model: contents }) => {
    const head = heads.find((candidate) => candidate.name === name);
    if (head === undefined) return [];
    const { start, size, shape } = head;
    const ends = [[start], [start + size], [1], [1]].map((numbers) => graph.integers(numbers));
    const headOutputs = graph.node('Slice', [y, ...ends]);
    const network = buildNetwork(contents.spec, contents.parts?.customParts);
    const loss = contents.loss === undefined ? null : createLoss(contents.loss, contents.parts?.customParts);
    const outputs = shape.length === 1 ? headOutputs : graph.reshape(headOutputs, [0, ...shape]);
    return [{ name, model: { contents, network, loss }, outputs }];
  });
}

/**
 * The lengths of each part of rows, and last those of rows without padding. The lengths of a part are an optional input
 * if layers read them at the positions of the part: `lengths`, or `lengths.<name>` for each of several.
 */
function emitLengths(graph: Graph, { contents: { preprocessing }, network }: ExportedModel): readonly Value[] {
  const { parts, whole, readers } = network.lengths;
  const hasLengths = ofTable(preprocessing)?.columns.some(({ type }) => type === 'text') ?? true;
  const allLengths = graph.integers([whole]);
  const partLengths = parts.map(({ name, positions: T }, part) => {
    const partReaders = readers.filter((reader) => reader.part === part);
    const canBePadded = hasLengths && partReaders.length > 0 && partReaders.every(({ isKept }) => isKept);
    if (T === null || !canBePadded) return allLengths;
    const input = name === null || parts.length === 1 ? 'lengths' : `lengths.${name}`;
    return graph.optional(input, T, `the real positions of each row, from 1 to ${T}; left out, all ${T} are real`);
  });
  return [...partLengths, allLengths];
}

/** A table whose columns are inputs of the file. Windows of a series and texts alone are taken as encoded numbers. */
function rowsOfTable(preprocessing: Preprocessing | undefined): TablePreprocessing | undefined {
  const table = ofTable(preprocessing);
  return table?.series === undefined && tokensOf(preprocessing) === undefined ? table : undefined;
}

function emitInputs(
  graph: Graph,
  type: RealType,
  { contents: { preprocessing, metadata }, network }: ExportedModel,
): Value {
  const { input: shape, inputs: size } = network;
  const table = rowsOfTable(preprocessing);
  if (table !== undefined) {
    const x = graph.withType(type).cast(emitColumns(graph, table), 'double');
    return shape.length === 1 ? x : graph.reshape(x, [0, ...shape]);
  }
  const layouts = layoutsOf(metadata ?? {}, network);
  if (layouts !== null && preprocessing === undefined) {
    const x = emitImportedInputs(graph, type, layouts.inputs);
    return layouts.inputs.length === 1 && shape.length === 1 ? graph.reshape(x, [0, size]) : x;
  }
  const { divisor = metadata?.divisor ?? 1, bits = 16, scale } = ofImages(preprocessing)?.image ?? {};
  const divisorText = divisor === 1 ? '' : `, divided by ${divisor} as in training${bitsText(bits)}`;
  const x = graph.input('x', type, shape, `the inputs of the network${divisorText}`);
  return scale === undefined ? x : emitScale(graph, type, scale, x, shape);
}

/** Adds (x - mean) / deviation of each channel, in the type of the model as in training. */
function emitScale(graph: Graph, type: RealType, { mean, deviation }: ChannelScale, x: Value, shape: Shape): Value {
  const C = mean.length;
  const channels = (name: string, numbers: readonly number[]): Value =>
    graph.reals(name, [C], type === 'float' ? Float32Array.from(numbers) : Float64Array.from(numbers));
  const isFlat = channelsOf(shape) !== C;
  const pixels = isFlat ? graph.reshape(x, [0, -1, C]) : x;
  const centered = graph.node('Sub', [pixels, channels('mean', mean)]);
  const scaled = graph.node('Div', [centered, channels('deviation', deviation)]);
  return isFlat ? graph.reshape(scaled, [0, ...shape]) : scaled;
}

const cellTexts = {
  numeric: 'a number',
  boolean: '1 for true, 0 for false',
  date: 'days since 1970-01-01 (UTC), with a fraction for the time of day',
} as const;

/** Adds a graph input for each column: [N, 1], of a text [N, T], of an image [N, H, W, C]. Returns x [N, I]. */
function emitColumns(graph: Graph, { columns }: TablePreprocessing): Value {
  const inputs = inInputOrder(columns).flatMap((column) => {
    if (column.type === 'text') return [emitTokens(graph, column)];
    if (column.type === 'image') return [emitPixels(graph, column)];
    return column.type === 'categorical' ? emitCategories(graph, column) : emitNumbers(graph, column);
  });
  return inputs.length === 1 ? inputs[0] : graph.node('Concat', inputs, { axis: 1 });
}

/** Adds the tokens of a text, which are inputs as they are. */
function emitTokens(graph: Graph, { name, context }: TokenEncoding): Value {
  return graph.input(name, 'double', [context], 'tokens of the text, padded on the right with 0');
}

/** How 16-bit values that use only `bits` bits become bytes; nothing for all 16. */
const bitsText = (bits: number): string =>
  bits === 16 ? '' : ` (16-bit values are divided by ${2 ** (bits - 8)} first, to at most 255)`;

/** Adds the pixels of an image, as they are in training. */
function emitPixels(graph: Graph, { name, height, width, channels, divisor, bits = 16 }: PixelEncoding): Value {
  const x = graph.input(
    name,
    'double',
    [height, width, channels],
    `bytes of the image, divided by ${divisor}${bitsText(bits)}`,
  );
  return graph.reshape(x, [0, height * width * channels]);
}

/** Adds (value - center) / scale, an indicator of gaps if needed, ramps, and the parts of a date. */
function emitNumbers(graph: Graph, encoding: NumberEncoding): Value[] {
  const { name, type, center, scale, fill, indicator, ramps = [], parts = [] } = encoding;
  const gaps = fill === null ? 'a gap (NaN) has no answer' : `NaN for a gap, which becomes ${fill}`;
  const cell = graph.input(name, 'double', [1], `${cellTexts[type]}; ${gaps}`);
  const isGap = fill === null && !indicator ? null : graph.node('IsNaN', [cell]);
  const value = isGap === null || fill === null ? cell : graph.node('Where', [isGap, graph.number(fill), cell]);
  const encodedNumber = graph.node('Div', [graph.node('Sub', [value, graph.number(center)]), graph.number(scale)]);
  const double = (flag: Value): Value => graph.node('Cast', [flag], { to: elementTypes.double });
  const partInputs = parts.flatMap((part) => emitDatePart(graph, part, value, double));
  return [
    encodedNumber,
    ...(indicator && isGap !== null ? [double(isGap)] : []),
    ...emitRamps(graph, name, value, ramps),
    ...partInputs.map((input) => (isGap === null ? input : graph.node('Where', [isGap, graph.number(0), input]))),
  ];
}

/** Adds min(max((value - a) / (b - a), 0), 1) for neighbouring bounds a and b of ramps. */
function emitRamps(graph: Graph, name: string, value: Value, ramps: readonly number[]): Value[] {
  if (ramps.length === 0) return [];
  const R = ramps.length - 1;
  const starts = graph.reals(`${name} from`, [1, R], Float64Array.from(ramps.slice(0, R)));
  const widths = graph.reals(
    `${name} rises`,
    [1, R],
    Float64Array.from(range(R), (r) => ramps[r + 1] - ramps[r]),
  );
  const rises = graph.node('Div', [graph.node('Sub', [value, starts]), widths]);
  return [graph.node('Min', [graph.node('Max', [rises, graph.number(0)]), graph.number(1)])];
}

/** Adds the inputs of a part of a date, by `dateParts`. */
function emitDatePart(graph: Graph, part: DatePart, days: Value, double: (flag: Value) => Value): Value[] {
  /** The position in a period, from 0 to 1. */
  const positionIn = (value: Value, period: number): Value => {
    const periods = graph.node('Div', [value, graph.number(period)]);
    return graph.node('Sub', [periods, graph.node('Floor', [periods])]);
  };
  if (part === 'weekday') {
    const sinceMonday = graph.node('Add', [graph.node('Floor', [days]), graph.number(THURSDAY)]);
    const weekday = graph.node('Round', [graph.node('Mul', [positionIn(sinceMonday, 7), graph.number(7)])]);
    const weekdays = graph.reals('weekdays', [1, 7], Float64Array.from(range(7)));
    return [double(graph.node('Equal', [weekday, weekdays]))];
  }
  const angle = graph.node('Mul', [positionIn(days, periods[part]), graph.number(2 * Math.PI)]);
  // onnxruntime has no cosine of doubles: cos x = sin(x + π / 2).
  const shiftedAngle = graph.node('Add', [angle, graph.number(Math.PI / 2)]);
  return [graph.node('Sin', [angle]), graph.node('Sin', [shiftedAngle])];
}

/** Adds a one-hot encoding; an unknown category is 0 in all inputs. */
function emitCategories(graph: Graph, { name, categories, missing }: CategoryEncoding): Value[] {
  const width = categories.length + (missing ? 1 : 0);
  const gaps = missing ? 'empty for a gap' : 'an empty text is unknown';
  const cell = graph.input(name, 'string', [1], `text, one of the categories; ${gaps}`);
  if (width === 0) return [];
  const indexOfGap = missing ? categories.length : -1;
  const indexOfWord = new Map<string, number>(['', ...GAP_WORDS].map((word) => [word, indexOfGap]));
  for (const [index, category] of categories.entries()) indexOfWord.set(category, index);
  const keys = [...indexOfWord.keys()];
  const texts = { keys_strings: keys, values_int64s: [...indexOfWord.values()], default_int64: -1 };
  const index = graph.node('LabelEncoder', [cell], texts, 'ai.onnx.ml');
  const indices = graph.integers(range(width), [1, width]);
  return [graph.node('Cast', [graph.node('Equal', [index, indices])], { to: elementTypes.double })];
}
