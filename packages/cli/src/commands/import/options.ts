import { losses } from '@gradloom/core';
import { option, show } from '@gradloom/core/internal';
import { paddings, poolings, precisions } from '@gradloom/runtime/options';
import { moduleOption } from '../../options/custom-parts.ts';
import { lossOption } from '../../options/loss.ts';
import { networkFile } from '../../options/network-file.ts';
import { grouped, type OptionTable, type Values } from '../../options/option.ts';
import { verbose } from '../../options/run-options.ts';

/** Names with commas between them. */
const names = option.kind((_where, name, raw): readonly string[] => {
  const parts = String(raw).split(',');
  if (parts.every((part) => part !== '') && new Set(parts).size === parts.length) return parts;
  throw new Error(`${name} has ${show(raw)}, expected different names with commas between them, such as cat,dog`);
});

/** 'fc1=0,fc2=2': the layer of the network for each module of a file. */
const renames = option.kind((_where, name, raw): Readonly<Record<string, string>> => {
  const pairs = String(raw)
    .split(',')
    .map((pair) => /^([^=]+)=([^=]+)$/.exec(pair)?.slice(1) ?? []);
  const layers = Object.fromEntries(pairs);
  if (pairs.every((pair) => pair.length === 2) && Object.keys(layers).length === pairs.length) return layers;
  throw new Error(`${name} has ${show(raw)}, expected a layer for each module, such as fc1=0,fc2=2`);
});

/** 'T=128,H=3': numbers by name. */
const sizes = option.kind((_where, name, raw): Readonly<Record<string, number>> => {
  const pairs = String(raw)
    .split(',')
    .map((pair) => /^([^=]+)=(\d+)$/.exec(pair)?.slice(1) ?? []);
  if (pairs.every((pair) => pair.length === 2 && Number(pair[1]) > 0)) {
    return Object.fromEntries(pairs.map(([key, value]) => [key, Number(value)]));
  }
  throw new Error(`${name} has ${show(raw)}, expected a number for each name, such as T=128`);
});

/** 'sr=16000,shape=1:3': numbers of each name. */
const constants = option.kind((_where, name, raw): Readonly<Record<string, readonly number[]>> => {
  const pairs = String(raw)
    .split(',')
    .map((pair) => /^([^=]+)=([^=]+)$/.exec(pair)?.slice(1) ?? []);
  const numbers = pairs.map(([, values = '']) => values.split(':').map((value) => option.numeric(value)));
  if (numbers.flat().every(option.finite.isValid) && new Set(pairs.map(([key]) => key)).size === pairs.length) {
    return Object.fromEntries(pairs.map(([key], k) => [key, numbers[k] as number[]]));
  }
  throw new Error(`${name} has ${show(raw)}, expected numbers for each name, such as sr=16000 or shape=1:3`);
});

/** '28x32': height and width. */
const imageSize = option.kind((_where, name, raw): readonly number[] => {
  const [, ...extents] = /^([1-9]\d{0,4})x([1-9]\d{0,4})$/.exec(String(raw)) ?? [];
  if (extents.length === 2) return extents.map(Number);
  throw new Error(`${name} has ${show(raw)}, expected height and width, such as 28x28`);
});

/** Numbers of the channels of an image, with commas between them. */
const perChannel = option.kind((_where, name, raw): readonly number[] => {
  const numbers = String(raw)
    .split(',')
    .map((part) => option.numeric(part.trim()));
  if (numbers.every(option.finite.isValid)) return numbers;
  throw new Error(`${name} has ${show(raw)}, expected a number for each channel, such as 0.485,0.456,0.406`);
});

export const importOptions = {
  ...grouped(
    { group: 'Model' },
    {
      spec: networkFile(
        undefined,
        'JSON or YAML file with the network, { "input": 4, "layers": [...] }; of images, "input": [28, 28, 1]',
        'that of a file which export wrote',
      ),
      loss: lossOption(
        undefined,
        `the loss it was trained with, which says what outputs mean: ${Object.keys(losses).join(', ')}`,
        'outputs are values',
      ),
      labels: names(undefined, 'names of the classes, such as cat,dog', 'their numbers'),
      divisor: option.notZero(
        undefined,
        'of images: what bytes are divided by, such as 255; predict then takes pictures',
        '255 with --mean, else inputs are numbers',
      ),
      mean: perChannel(
        undefined,
        'of images: subtracted from each channel after the division, such as 0.485,0.456,0.406',
        'none',
      ),
      deviation: perChannel(
        undefined,
        'of images: divisor of each channel after the subtraction, such as 0.229,0.224,0.225',
        'none',
      ),
      rename: renames(
        undefined,
        'layers of the network for modules of the file, such as fc1=0,fc2=2',
        'the names are the same',
      ),
      'image-size': imageSize(
        undefined,
        'of weights of convolutions without --spec: height and width of images, such as 28x28',
        'refused without',
      ),
      padding: option.oneOf(paddings)(
        undefined,
        'of such weights: whether convolutions keep the size of images',
        'what fits the first linear layer',
      ),
      precision: option.oneOf(precisions)(
        undefined,
        'type of the weights of the model: float64 holds those of every file exactly',
        'that of an .onnx file, or of one that export wrote; float32 of a folder without float64; else float64',
      ),
      context: option.positiveInteger(
        undefined,
        'of a folder of Hugging Face: tokens of a row',
        'those that the model can read, at most 1,024',
      ),
      pooling: option.oneOf(poolings)(
        undefined,
        'of a folder of Hugging Face with an encoder: outputs for a text, the mean of its positions or those of the pooler',
        'classes if the model has some, else mean',
      ),
      sizes: sizes(
        undefined,
        'of an .onnx file: extents that its graph leaves free, such as T=128; not that of the rows',
        'none',
      ),
      constants: constants(
        undefined,
        'of an .onnx file: inputs of its graph that become constants, such as sr=16000 or shape=1:3',
        'none',
      ),
      outputs: names(undefined, 'of an .onnx file: the outputs of its graph that the network has', 'all'),
    },
  ),
  module: moduleOption,
  out: {
    group: 'Output',
    ...option.text('a file to write, such as model.gradloom')(undefined, 'the model file to write'),
  },
  json: { group: 'Output', ...option.flag(undefined, 'print one JSON object') },
  verbose,
} satisfies OptionTable;

export type ImportValues = Values<typeof importOptions>;
