import type { LossSpec } from '../families/losses/index.ts';
import type { Elements, TypedNumbers } from '../math/element-type.ts';
import type { Continuation } from '../network/continuation.ts';
import type { ModelPredictor } from '../network/model-memory.ts';
import type { Network, NetworkSpec, Weight } from '../network/network.ts';
import type { Answer } from './answers/answers.ts';
import type { Json } from './files/json.ts';
import type { LoadedParts, ModuleRecord } from './loaded-parts.ts';
import type { NamedRow } from './preprocessing/cell.ts';
import type { Preprocessing } from './preprocessing/preprocessing.ts';
import type { AnyRows, FlatRows, Lengths, ListedRows, NoteListener } from './rows.ts';
import type { TokenizerLoader } from './text/tokenizer.ts';
import type { GenerateOptions } from './writing/sampling.ts';

/** Metadata of a model: any JSON. The keys below have a meaning. */
export interface ModelMetadata {
  /** Names of the classes, in the order of their indices. */
  readonly labels?: readonly string[];
  /** Names of the classes of each output by its name, for a network with several outputs. */
  readonly headLabels?: Readonly<Record<string, readonly string[]>>;
  /** Divisor of stored inputs: 255 for bytes of images. */
  readonly divisor?: number;
  /**
   * For two classes: the second is the answer if its probability exceeds this. If the loss gives no probabilities, its
   * output is compared.
   * @default the likelier class
   */
  readonly threshold?: number;
  /** The threshold of each output by its name, for a network with several. */
  readonly headThresholds?: Readonly<Record<string, number>>;
  readonly [note: string]: Json | undefined;
}

/** Parts of a model. The result of a training run has all of them. */
export interface ModelContents {
  /** The network. */
  readonly spec: NetworkSpec;
  /** The weights [P], layer by layer, W then b. The model computes in their type. */
  readonly parameters: Elements;
  /** The loss that it was trained with, which tells whether outputs are logits. @default outputs are values */
  readonly loss?: LossSpec;
  /** Metadata. @default {} */
  readonly metadata?: ModelMetadata;
  /** Encoding of table rows or images and decoding of outputs. @default rows are numbers for the network */
  readonly preprocessing?: Preprocessing;
  /** Whether the products of its training used fused multiply-add. @default unknown */
  readonly fused?: boolean;
  /** The user's own parts that spec and loss name. @default none */
  readonly parts?: LoadedParts;
}

/** Options of `classify`. */
export interface ClassifyOptions {
  /** Real positions of each row [N]. @default all */
  readonly lengths?: Lengths | undefined;
}

/** Options of `outputs` and `probabilities`. */
export interface OutputOptions extends ClassifyOptions {
  /** Array of N · O numbers that is overwritten and returned. @default a new one */
  readonly out?: Float64Array | Float32Array | undefined;
}

/** The choice of outputs. */
export interface FeatureOptions {
  /**
   * Name or path of a layer, as `summary` prints them, whose outputs are asked for: features for a search or a plot.
   * @default the last
   */
  readonly layer?: string | undefined;
}

/** Options of `predict`. */
export interface PredictOptions extends ClassifyOptions {
  /** Called for unknown categories, unusual gaps and texts that are cut, with the index of the row. */
  readonly onNote?: NoteListener | undefined;
}

/** Options of `predictAll` and `outputsAll`. */
export interface ThreadOptions {
  /** Threads at most, up to 512. Their number changes no bit. In a browser always 1. @default all cores */
  readonly threads?: number | undefined;
}

/**
 * A network with its weights. It answers synchronously in the calling thread. Lists of rows give lists, rows in one
 * array give a Float64Array.
 *
 * A model of a table takes its rows: objects by column name, or lists of cells in column order. A model of images takes
 * bytes [height, width, channels] in its own size, or numbers, divided by the divisor. A model of text takes texts, of
 * which it reads the last tokens. A model of a series takes windows, lists of rows of the table in the order of time,
 * of which it reads the last. Other models take rows of numbers, as plain or typed arrays.
 *
 * Rows in one typed array, with or without their shape, are inputs that are already encoded, but for the bytes of
 * images.
 */
export interface Model extends ModelContents {
  readonly metadata: ModelMetadata;
  /** SHA-256 of the weights as 64 hexadecimal digits. */
  readonly fingerprint: string;
  /**
   * The tensors of `parameters` by name: position or name of the layer, then name of the tensor, such as `'0.W'`,
   * `'3.0.b'` in a block, or `'encoder.W'`. Their values are views of `parameters`.
   */
  readonly weights: Readonly<Record<string, Weight>>;
  /** A table of the layers as text, with output shapes and numbers of parameters: see the function `summary`. */
  summary(): string;
  /**
   * Outputs [N, O] of the network, values or logits, for rows [N, I]. Rows must be divided by the divisor as in
   * training. A float32 model rounds rows first; its outputs are floats, stored as doubles.
   * @throws Error if rows do not fit or a weight is not finite; InputError if a row leads to an index outside of an
   * embedding's vocabulary. The methods below throw the same errors.
   */
  outputs(rows: FlatRows, options?: ClassifyOptions & FeatureOptions): Float64Array;
  /** Overwrites `out`, and returns it. With rows in one typed array, apart from `out`, no other array is made. */
  outputs<Out extends Elements>(rows: AnyRows, options: OutputOptions & FeatureOptions & { readonly out: Out }): Out;
  /** Returns the outputs of each row as an array of its own. */
  outputs<Row extends NamedRow<Row>>(rows: ListedRows<Row>, options?: ClassifyOptions & FeatureOptions): number[][];
  /**
   * Softmax or sigmoid of the outputs, for each position if positions have classes. Rows without an answer may contain
   * NaN.
   * @throws Error if the loss does not take logits.
   */
  probabilities(rows: FlatRows, options?: ClassifyOptions): Float64Array;
  /** Overwrites `out`, and returns it. */
  probabilities<Out extends Elements>(rows: AnyRows, options: OutputOptions & { readonly out: Out }): Out;
  /** The same probabilities, with one array per row. */
  probabilities<Row extends NamedRow<Row>>(rows: ListedRows<Row>, options?: ClassifyOptions): number[][];
  /**
   * Class [N] of each row, an index into `metadata.labels`: the largest output or, with one output for two classes, 1
   * for yes. It is -1 for a row without an answer: one of its outputs is NaN or infinite, because of its inputs or an
   * overflow. If positions have classes, all positions of a row follow each other [N, T].
   */
  classify<Row extends NamedRow<Row>>(rows: AnyRows<Row>, options?: ClassifyOptions): number[];
  /**
   * An answer per row: the class name with probabilities by name, or the value in the target's units; for a text the
   * likeliest next token, with the probabilities of the ten likeliest. With several outputs those of each by name: cast
   * to `AnswerOfHeads`.
   */
  predict<Row extends NamedRow<Row>>(rows: AnyRows<Row>, options?: PredictOptions): Answer[];
  /**
   * The answers of `predict`, computed by threads in Node, while this one goes on. For many rows or a large network.
   * The rows must not change until it resolves. Threads that are not used do not hold up the end of the program.
   */
  predictAll<Row extends NamedRow<Row>>(
    rows: AnyRows<Row>,
    options?: PredictOptions & ThreadOptions,
  ): Promise<Answer[]>;
  /** The numbers of `outputs`, computed as by `predictAll`. */
  outputsAll(rows: FlatRows, options?: ClassifyOptions & FeatureOptions & ThreadOptions): Promise<Float64Array>;
  /** Overwrites `out`, and resolves to it. */
  outputsAll<Out extends Elements>(
    rows: AnyRows,
    options: OutputOptions & FeatureOptions & ThreadOptions & { readonly out: Out },
  ): Promise<Out>;
  /** Resolves to the outputs of each row as an array of its own. */
  outputsAll<Row extends NamedRow<Row>>(
    rows: ListedRows<Row>,
    options?: ClassifyOptions & FeatureOptions & ThreadOptions,
  ): Promise<number[][]>;
  /**
   * Encodes rows of a table or images as inputs x [N, I] of the network. The methods above accept the result in place
   * of rows. @throws Error naming row and column.
   */
  encode<Row extends NamedRow<Row>>(rows: AnyRows<Row>, options?: Pick<PredictOptions, 'onNote'>): Float64Array;
  /**
   * Writes on after a prompt, token by token, as they are asked for:
   *
   * ```ts
   * for (const part of model.generate('First', { tokens: 300, temperature: 0.8, seed: 1 })) show(part);
   * ```
   *
   * The same prompt and options give the same text on every machine. The network reads a window of at most T tokens.
   * When the window is full, a new one begins with its last ⌊T / 2⌋ tokens. A model of lines writes one line. Without
   * a prompt the text begins after a line end.
   * @throws Error if the model is not a model of text, if its network reads later tokens, or for a prompt that it
   * cannot read.
   */
  generate(prompt?: string, options?: GenerateOptions): Generator<string, void, undefined>;
  /**
   * Writes on after several prompts at once, which is faster, as they share the reading of the weights. Yields the next
   * part of each text, which may be empty. Text k is that of `generate(prompts[k], { ...options, seed: seed + k })`.
   *
   * ```ts
   * const texts = prompts.slice();
   * for (const parts of model.generateAll(prompts)) parts.forEach((part, k) => (texts[k] += part));
   * ```
   *
   * @throws Error as `generate` does.
   */
  generateAll(
    prompts: readonly (string | undefined)[],
    options?: GenerateOptions,
  ): Generator<readonly string[], void, undefined>;
}

/** Overwrites outputs y [N, O] for rows x [N, I]. Neither may change until it resolves. */
export type ParallelPredictor = (
  x: TypedNumbers,
  lengths: Lengths | undefined,
  y: Elements,
  threads: number | undefined,
) => Promise<void>;

/** Computes a model's outputs. All engines give the same bits. */
export interface ModelEngine {
  /** Creates a function from rows x [N, I] to outputs [N, O]. It copies the weights, which must be finite. */
  createPredictor(network: Network, parameters: Elements, loss: LossSpec): ModelPredictor;
  /**
   * Creates a function that computes outputs in threads, or by `predictor`, whose weights it uses, if that is sooner.
   * Absent: this thread computes them.
   */
  createParallelPredictor?(
    network: Network,
    contents: Pick<ModelContents, 'loss' | 'parts'>,
    predictor: ModelPredictor,
  ): ParallelPredictor;
  /** Creates a function that computes outputs of texts one token after the other, with the bits of a predictor. */
  createContinuation(network: Network, parameters: Elements, loss: LossSpec, texts: number): Continuation;
  /** SHA-256 in hexadecimal of the weights in their type, little-endian, followed by the hashes of modules. */
  fingerprint(parameters: Elements, modules: readonly ModuleRecord[]): string;
  /** Creates tokenizers that a library runs. Absent: models of their tokens take tokens only. */
  readonly loadTokenizer?: TokenizerLoader;
}
