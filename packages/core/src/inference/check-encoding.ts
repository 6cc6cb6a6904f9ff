import { OptionError } from '../checks/option-error.ts';
import { show } from '../checks/show.ts';
import { type Head, headsOf } from '../network/heads.ts';
import type { Network } from '../network/network.ts';
import { nameOfLayer } from '../network/placed-layer.ts';
import { channelsOf, shapeText } from '../network/shape.ts';
import { createEncoder } from './preprocessing/encoder.ts';
import { widthOfImage } from './preprocessing/image-encoder.ts';
import {
  ofTable,
  ofText,
  type Preprocessing,
  type TargetDecoding,
  tokensOf,
  widthOfTable,
} from './preprocessing/preprocessing.ts';
import { havePartLengths, rowPartsOf } from './preprocessing/row-parts.ts';
import { createTokenizer } from './text/tokenizer.ts';

/** @throws OptionError unless the network names the parts of a row whose texts have lengths. */
function refuseOtherParts(where: string, { lengths }: Network, preprocessing: Preprocessing): void {
  if (!havePartLengths(ofTable(preprocessing)?.columns ?? [])) return;
  const namesOf = (parts: readonly { readonly name: string | null }[]): string =>
    parts.map(({ name }) => show(name ?? 'input')).join(', ');
  const [has, expected] = [namesOf(lengths.parts), namesOf(rowPartsOf(preprocessing) ?? [])];
  if (has === expected) return;
  const problem = `has the parts ${has}, expected ${expected}: texts have lengths`;
  throw new OptionError(where, ['input', 'preprocessing'], problem, { about: "the network's input" });
}

/** Number of inputs of a row, and what they are, for messages. */
function widthOf(preprocessing: Preprocessing): [width: number, what: string] {
  if ('image' in preprocessing) return [widthOfImage(preprocessing.image), 'numbers of an image'];
  if ('text' in preprocessing) return [preprocessing.text.context, 'tokens of the context'];
  const tokens = tokensOf(preprocessing);
  if (tokens !== undefined) return [tokens.context, `tokens of column ${show(tokens.name)}`];
  const source = preprocessing.series === undefined ? 'the columns of the table' : 'a window of the series';
  return [widthOfTable(preprocessing, createEncoder(preprocessing).width), `inputs from ${source}`];
}

/** @throws OptionError if the network's inputs or outputs do not match the preprocessing. */
export function checkEncoding(where: string, network: Network, preprocessing: Preprocessing): void {
  const { input, inputs, output, outputs } = network;
  const [width, inputsText] = widthOf(preprocessing);
  if (width !== inputs) {
    const problem = `has ${shapeText(input)}, expected ${width} (${inputsText})`;
    throw new OptionError(where, ['input', 'preprocessing'], problem, { about: "the network's input" });
  }
  refuseOtherParts(where, network, preprocessing);
  const text = ofText(preprocessing)?.text;
  if (text !== undefined) {
    const { size } = createTokenizer(text.tokenizer);
    if (channelsOf(output) === size) return;
    const problem = `has ${shapeText(output)}, expected [${text.context}, ${size}] (the tokens of the text)`;
    throw new OptionError(where, ['layers', 'preprocessing'], problem, { about: "the network's output" });
  }
  if (preprocessing.target === undefined) return;
  const heads = headsOf(network);
  if (heads !== null) {
    for (const decoding of preprocessing.target) checkHead(where, heads, decoding);
    return;
  }
  const [first, ...others] = preprocessing.target;
  if (others.length > 0 && preprocessing.target.some(({ type }) => type === 'classes')) {
    const names = preprocessing.target.map(({ name }) => show(name)).join(', ');
    const problem = `has one output, expected one for each of the targets ${names}`;
    throw new OptionError(where, ['layers', 'preprocessing'], problem, { about: 'the network' });
  }
  const expectedOutputs = first.type === 'classes' ? first.labels.length : preprocessing.target.length;
  if (outputs === expectedOutputs || (first.type === 'classes' && expectedOutputs === 2 && outputs === 1)) return;
  const isSeries = 'series' in preprocessing && preprocessing.series !== undefined;
  const values = isSeries ? 'values after the window' : 'target columns';
  const targetsText = first.type === 'classes' ? `classes of ${show(first.name)}` : values;
  const problem = `has ${shapeText(output)}, expected ${expectedOutputs} (${targetsText})${flattenAdvice(network)}`;
  throw new OptionError(where, ['layers', 'preprocessing'], problem, { about: "the network's output" });
}

/** @throws OptionError unless an output of the network has the name and size of the target. */
function checkHead(where: string, heads: readonly Head[], decoding: TargetDecoding): void {
  const head = heads.find(({ name }) => name === decoding.name);
  const classes = decoding.type === 'classes' ? decoding.labels.length : null;
  if (head !== undefined && (head.size === (classes ?? 1) || (classes === 2 && head.size === 1))) return;
  const has = head === undefined ? 'is missing' : `has ${shapeText(head.shape)}`;
  const expected = classes === null ? '1 (a value)' : `${classes} (its classes)`;
  const about = `output ${show(decoding.name)}`;
  throw new OptionError(where, ['layers', 'preprocessing'], `${has}, expected ${expected}`, { about });
}

/** How a message ends where the outputs of a network have positions and should not: '; ...', or nothing. */
export function flattenAdvice({ output, allLayers }: Pick<Network, 'output' | 'allLayers'>): string {
  if (output.length === 1) return '';
  const dense = allLayers.find(
    ({ layer, spec }) => layer.in[0].length > 1 && (spec.kind === 'dense' || spec.kind === 'swiglu'),
  );
  return dense === undefined
    ? '; a flatten or global-avg-pool layer makes one axis of it'
    : `; ${nameOfLayer(dense)} acts on the last axis of ${shapeText(dense.layer.in[0])}: put a flatten layer before it`;
}
