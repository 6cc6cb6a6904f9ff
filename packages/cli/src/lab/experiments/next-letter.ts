import {
  dense,
  embedding,
  gruNetwork,
  layerNorm,
  math,
  type NetworkSpec,
  sequential,
  transformerBlock,
} from '@gradloom/core';
import { option } from '@gradloom/core/internal';
import { createModel, type DataSplits, type Model, subset, textDataset, train } from '@gradloom/runtime';
import { columns } from '../../terminal/text/columns.ts';
import { decimal, duration, whole } from '../../terminal/text/format.ts';
import { wrapSentence } from '../../terminal/text/table.ts';
import { defineExperiment, type ExperimentContext } from './experiment.ts';
import { claim } from './finding.ts';
import {
  languageModel,
  nGram,
  nGramLoss,
  readWords,
  SYMBOLS,
  sampleWords,
  type Words,
  wordRows,
} from './next-token/language-model.ts';

const K = 8; // symbols that the network reads
const SHOWN_WORDS = 12; // new words of a model that are printed
const MIN_LETTERS = 4; // shorter new words are not counted: nearly all single letters are in the list

export const nextLetter = defineExperiment({
  describe: 'The same words by counting pairs, a network, a gru and attention',
  seconds: 26,
  examples: [
    ['next-letter --steps 12000', 'train for longer'],
    ['next-letter --temperature 1', 'words with the probabilities of the models'],
  ],
  options: {
    steps: {
      group: 'Training',
      ...option.positiveInteger(undefined, 'steps of training of each network', '3000; 300 in experiment all'),
    },
    batch: { group: 'Training', ...option.positiveInteger(16, 'batch size, in words') },
    seed: { group: 'Training', ...option.count(0, 'seed of the weights, the order of the words and new words') },
    temperature: {
      group: 'Output',
      ...option.nonNegative(0.8, 'randomness of new words; 0 takes the likeliest character'),
    },
    samples: { group: 'Output', ...option.positiveInteger(200, 'words that each model writes') },
  },
  async run({ steps: requested, batch, seed, temperature, samples }, experiment) {
    const steps = requested ?? (experiment.brief ? 300 : 3000);
    const words = readWords();
    const sampling = { count: samples, temperature, seed };
    const results: Result[] = [countPairs(words, sampling)];
    for (const candidate of await candidatesOf(words, batch)) {
      results.push(await learn(candidate, { steps, seed, sampling }, experiment));
    }
    const [pairs, ...networks] = results;
    const isListed = (word: string): boolean => words.all.has(word);
    const lossOf = (name: string): number => results.find((result) => result.name === name)?.loss ?? Number.NaN;
    return {
      sections: [
        {
          title: `The next of ${SYMBOLS} symbols: a to z, and the end of a word`,
          lines: columns([
            ['words', `${whole(words.train.length)} to learn from, ${whole(words.heldOut.length)} held out`],
            ['training', `${whole(steps)} steps of ${batch} words, or of as many characters as those have:`],
            ['', 'adamw, warm-up, cosine, clipped at 1'],
          ]),
        },
        {
          title: 'Loss on the held-out words',
          lines: columns(
            [
              ['', 'nats', 'perplexity', 'parameters', 'time', 'sees'],
              ...results.map(({ name, loss, parameters, elapsedMs, context }) => [
                name,
                loss.toFixed(3),
                math.exp(loss).toFixed(2),
                whole(parameters),
                duration(elapsedMs),
                context,
              ]),
            ],
            { right: [1, 2, 3, 4] },
          ),
        },
        ...results.map(({ name, newWords }) => {
          const longWords = newWords.filter((word) => word.length >= MIN_LETTERS);
          const listedText = whole(longWords.filter(isListed).length);
          return {
            title: `${name}: ${listedText} of ${whole(longWords.length)} new words of ${MIN_LETTERS} letters or more are in the list (*)`,
            lines: linesOf(newWords.slice(0, SHOWN_WORDS).map((word) => (isListed(word) ? `${word}*` : word))),
          };
        }),
      ],
      findings: [
        ...networks.map(({ name, loss }) =>
          claim(`${name}: at least 0.1 nat below pairs`, pairs.loss - loss, pairs.loss - loss >= 0.1),
        ),
        claim(
          'gru: at least 0.02 nat below attention',
          lossOf('attention') - lossOf('gru'),
          lossOf('attention') - lossOf('gru') >= 0.02,
        ),
      ],
      json: {
        steps,
        batch,
        seed,
        temperature,
        words: { train: words.train.length, heldOut: words.heldOut.length },
        models: Object.fromEntries(
          results.map(({ name, loss, parameters, elapsedMs, newWords, fingerprint }) => [
            name,
            {
              natsPerCharacter: loss,
              parameters,
              elapsedMs,
              samples: newWords.map((word) => ({ word, listed: isListed(word) })),
              ...(fingerprint === undefined ? {} : { fingerprint }),
            },
          ]),
        ),
      },
    };
  },
});

/** A model after training. */
interface Result {
  readonly name: string;
  readonly context: string;
  readonly loss: number; // nats per character of the held-out words
  readonly parameters: number;
  readonly elapsedMs: number;
  readonly newWords: readonly string[];
  readonly fingerprint?: string;
}

/** How a model writes new words. */
interface Sampling {
  readonly count: number;
  readonly temperature: number;
  readonly seed: number;
}

/** Counts which symbol follows each symbol. Its parameters are the counts. */
function countPairs(words: Words, sampling: Sampling): Result {
  const startMs = performance.now();
  const loss = nGramLoss(2, words.train, words.heldOut);
  const elapsedMs = performance.now() - startMs;
  const logP = nGram(2, words.train);
  const outputs = ([before]: Float64Array) =>
    Float64Array.from({ length: SYMBOLS }, (_, symbol) => logP(before, symbol));
  const newWords = sampleWords({ outputs }, { K: 1, ...sampling });
  return { name: 'pairs', context: '1 symbol', loss, parameters: SYMBOLS ** 2, elapsedMs, newWords };
}

/** A network to train, and the words as the rows that it reads. */
interface Candidate {
  readonly name: string;
  readonly context: string; // the symbols before the next one that it reads
  readonly spec: NetworkSpec;
  readonly data: DataSplits;
  readonly batch: number;
  readonly write: (model: Model, sampling: Sampling) => string[];
}

/** Three networks of about 50,000 parameters, whose batches have the same number of characters on average. */
async function candidatesOf({ train, heldOut }: Words, batch: number): Promise<Candidate[]> {
  const { train: words } = await textDataset([...heldOut, ...train].join('\n'), { lines: true, validation: 0 });
  const rows = Uint32Array.from({ length: words.rows }, (_, row) => row);
  const lines = {
    train: subset(words, rows.subarray(heldOut.length)),
    test: subset(words, rows.subarray(0, heldOut.length)),
  };
  const windows = { train: wordRows('words', train, K), test: wordRows('held-out words', heldOut, K) };
  const input = words.inputs.shape ?? [];
  const [T] = input;
  const write = (model: Model, { count, temperature, seed }: Sampling) =>
    Array.from({ length: count }, (_, k) =>
      [...model.generate('', { tokens: T, temperature, seed: seed * count + k })].join(''),
    );
  const block = () => transformerBlock(48, { heads: 4, causal: true, rotary: true });
  return [
    {
      name: 'network',
      context: `${K} symbols`,
      spec: languageModel(K, 128),
      data: windows,
      batch: Math.round((batch * windows.train.rows) / train.length),
      write: (model, sampling) => sampleWords(model, { K, ...sampling }),
    },
    {
      name: 'gru',
      context: 'all, through 88 numbers',
      spec: gruNetwork(1, 88)(input, SYMBOLS),
      data: lines,
      batch,
      write,
    },
    {
      name: 'attention',
      context: 'all',
      spec: sequential(input, ...[embedding(SYMBOLS, 48), ...block(), ...block(), layerNorm(), dense(SYMBOLS)]),
      data: lines,
      batch,
      write,
    },
  ];
}

async function learn(
  { name, context, spec, data, batch, write }: Candidate,
  { steps, seed, sampling }: { steps: number; seed: number; sampling: Sampling },
  { machine, showProgress }: ExperimentContext,
): Promise<Result> {
  const run = train(spec, data, {
    ...machine,
    batch,
    steps,
    seed,
    clipNorm: 1,
    optimizer: { kind: 'adamw', lr: 0.006 },
    schedule: { kind: 'cosine', warmupSteps: Math.ceil(steps / 20) },
    onEvent(event) {
      if (event.type === 'progress') {
        showProgress(`${name}: step ${whole(event.step)} of ${whole(steps)}, loss ${decimal(event.loss)}`);
      }
    },
  });
  const { parameters, test, elapsedMs, fingerprint, loss } = await run;
  const { preprocessing } = data.train;
  const model = createModel({ spec, parameters, loss, ...(preprocessing === undefined ? {} : { preprocessing }) });
  return {
    name,
    context,
    elapsedMs,
    fingerprint,
    loss: test?.loss ?? Number.NaN,
    parameters: parameters.length,
    newWords: write(model, sampling),
  };
}

/** Words in lines of 80 columns. */
const linesOf = (words: readonly string[]): string[] => wrapSentence(words.join(' ')).map((line) => `  ${line.trim()}`);
