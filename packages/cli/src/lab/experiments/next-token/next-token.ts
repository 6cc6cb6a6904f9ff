import { buildNetwork, math } from '@gradloom/core';
import { option } from '@gradloom/core/internal';
import { createModel, type TrainResult, train } from '@gradloom/runtime';
import { columns } from '../../../terminal/text/columns.ts';
import { decimal, whole } from '../../../terminal/text/format.ts';
import { lineChart } from '../../../terminal/text/line-chart.ts';
import { table } from '../../../terminal/text/table.ts';
import { defineExperiment, type ExperimentContext, type Section } from '../experiment.ts';
import { CHAPTER, chapterSlip, claim, paperFigure } from '../finding.ts';
import { xorSpec } from '../xor-run.ts';
import { languageModel, nGramLoss, readWords, SYMBOLS, sampleWords, type Words, wordRows } from './language-model.ts';

/** Number of batch losses in the chart. */
const PLOTTED_LOSSES = 60;

const context = option.wholeNumber(1, 32);

export const nextToken = defineExperiment({
  describe: 'A small language model: which character of a word comes next',
  seconds: 10,
  examples: [
    ['next-token --temperature 0.5', 'likelier words'],
    ['next-token --steps 20000 --hidden 256', 'a larger network, for longer'],
  ],
  options: {
    context: { group: 'Model', ...context(8, 'characters that the network sees') },
    hidden: { group: 'Model', ...option.positiveInteger(128, 'units per hidden layer') },
    steps: {
      group: 'Training',
      ...option.positiveInteger(undefined, 'steps of training', '4000; 1000 in experiment all'),
    },
    batch: { group: 'Training', ...option.positiveInteger(128, 'batch size, in characters') },
    lr: { group: 'Training', ...option.positive(0.006, 'highest learning rate of the schedule') },
    seed: { group: 'Training', ...option.count(0, 'seed of the weights, the order of the rows and new words') },
    temperature: {
      group: 'Output',
      ...option.nonNegative(0.8, 'randomness of new words; 0 takes the likeliest character'),
    },
    samples: { group: 'Output', ...option.count(24, 'new words to generate') },
  },
  async run(values, experiment) {
    const { context: K, hidden, seed, temperature, samples: count } = values;
    const words = readWords();
    const { losses, result } = await learn(words, { ...values, K, hidden, seed }, experiment);
    const { spec, parameters, loss, test } = result;
    experiment.showProgress('counting');
    const [unigram, bigram, trigram] = [1, 2, 3].map((n) => nGramLoss(n, words.train, words.heldOut));
    const uniform = math.log(SYMBOLS);
    const network = test?.loss ?? Number.NaN;
    const startLoss = losses[0][1];
    const samples = sampleWords(createModel({ spec, parameters, loss }), { K, count, temperature, seed });
    const isListed = (word: string): boolean => words.all.has(word);
    const P = parameters.length;
    const timesXor = MAVERICK_PARAMETERS / XOR_PARAMETERS / 1e9;
    const levels = { uniform, unigram, bigram, trigram, network };
    return {
      sections: [
        {
          title: `The next of ${SYMBOLS} symbols (a to z, and the end of a word) from the ${K} before`,
          lines: columns([
            ['words', `${whole(words.train.length)} to learn from, ${whole(words.heldOut.length)} held out`],
            ['network', `embedding 16, dense ${hidden}, gelu, x + swiglu(layer-norm x), softmax`],
            ['parameters', whole(P)],
            ['training', `${whole(result.steps)} steps of ${result.batch}: adamw, warm-up, cosine, clipped at 1`],
          ]),
        },
        {
          title: 'Loss of single batches, and of a bigram model, in nats per character',
          lines: lineChart(
            [
              { name: 'network', points: losses },
              {
                name: 'bigram',
                points: [
                  [0, bigram],
                  [result.steps, bigram],
                ],
              },
            ],
            { x: 'step', y: 'loss' },
          ),
        },
        {
          title: 'Loss on the held-out words',
          lines: columns(
            [
              ['', 'nats', 'perplexity', ''],
              level('uniform', uniform, 'ln 27'),
              level('unigram', unigram, 'counts symbols'),
              level('bigram', bigram, 'counts what follows 1 symbol'),
              level('trigram', trigram, 'counts what follows 2 symbols'),
              level('network', network, `sees ${K}`),
            ],
            { right: [1, 2] },
          ),
        },
        ...describeSamples(samples, temperature, isListed),
        { title: 'Size of language models', lines: scaleTable(P) },
      ],
      findings: [
        claim(`loss at start is near ln 27 = ${uniform.toFixed(3)}`, startLoss, Math.abs(startLoss - uniform) < 0.1),
        claim('at least 0.1 nat below a bigram model', bigram - network, bigram - network >= 0.1),
        paperFigure(
          'GPT-2, million parameters',
          { printed: '124', source: 'openai/gpt-2, its smallest model' },
          GPT2_PARAMETERS / 1e6,
        ),
        chapterSlip(
          'LLaMA 4 over XOR, billion times',
          '10',
          timesXor,
          Math.round(timesXor) === 44,
          `${whole(MAVERICK_PARAMETERS / 1e9)} billion / ${XOR_PARAMETERS}`,
        ),
      ],
      json: {
        context: K,
        hidden,
        steps: result.steps,
        batch: result.batch,
        seed,
        temperature,
        words: { train: words.train.length, heldOut: words.heldOut.length },
        parameters: P,
        natsPerCharacter: levels,
        losses: losses.map(([step, value]) => ({ step, loss: value })),
        samples: samples.map((word) => ({ word, listed: isListed(word) })),
        fingerprint: result.fingerprint,
      },
    };
  },
});

interface Learning {
  readonly K: number;
  readonly hidden: number;
  readonly seed: number;
  readonly steps?: number;
  readonly batch: number;
  readonly lr: number;
}

/** Trains, and records the loss of some batches before their update; the first is that of the starting weights. */
async function learn(
  words: Words,
  { K, hidden, seed, steps: requested, batch, lr }: Learning,
  { machine, brief, showProgress }: ExperimentContext,
): Promise<{ losses: [step: number, loss: number][]; result: TrainResult }> {
  const steps = requested ?? (brief ? 1000 : 4000);
  const data = { train: wordRows('words', words.train, K), test: wordRows('held-out words', words.heldOut, K) };
  const run = train(languageModel(K, hidden), data, {
    ...machine,
    optimizer: { kind: 'adamw', lr },
    schedule: { kind: 'cosine', warmupSteps: Math.ceil(steps / 20) },
    clipNorm: 1,
    batch,
    steps,
    seed,
    probe: Math.ceil(steps / PLOTTED_LOSSES),
  });
  const losses: [number, number][] = [];
  for await (const event of run) {
    if (event.type === 'probe') losses.push([event.step, event.loss]);
    if (event.type === 'progress')
      showProgress(`step ${whole(event.step)} of ${whole(steps)}, loss ${decimal(event.loss)}`);
  }
  return { losses, result: await run };
}

/** The perplexity, e to the power of the loss: the number of equally likely symbols with the same uncertainty. */
const level = (name: string, nats: number, remark: string): string[] => [
  name,
  nats.toFixed(3),
  math.exp(nats).toFixed(1),
  remark,
];

function describeSamples(
  words: readonly string[],
  temperature: number,
  isListed: (word: string) => boolean,
): Section[] {
  if (words.length === 0) return [];
  const cells = words.map((word) => (isListed(word) ? `${word} *` : word));
  const rows = Array.from({ length: Math.ceil(cells.length / 3) }, (_, r) => cells.slice(3 * r, 3 * r + 3));
  const listedCount = words.filter(isListed).length;
  return [
    {
      title: `New words, drawn at temperature ${temperature}: ${listedCount} of ${words.length} are in the list (*)`,
      lines: columns(rows),
    },
  ];
}

const XOR_PARAMETERS = buildNetwork(xorSpec).parameterCount;

/**
 * Parameters of the smallest GPT-2: V words and C positions of width d, L blocks of attention and two dense layers with
 * layer-norms, with 12 d² weights and 13 d biases and gains each, and a last layer-norm; the embedding is reused for
 * the output. [openai/gpt-2](https://github.com/openai/gpt-2/blob/master/src/model.py)
 */
const GPT2_PARAMETERS = gpt2(50257, 1024, 768, 12);

/**
 * As published; 17 billion of them are active for a token. [Meta
 * 2025](https://ai.meta.com/blog/llama-4-multimodal-intelligence/)
 */
const MAVERICK_PARAMETERS = 400e9;

/**
 * Four networks and their parts. GPT-2's paper names no optimizer, its predecessor's names Adam ([Radford et al.
 * 2018](https://cdn.openai.com/research-covers/language-unsupervised/language_understanding_paper.pdf), §4.1); Meta has
 * named none for LLaMA 4, but AdamW for LLaMA 3 ([Grattafiori et al. 2024](https://arxiv.org/abs/2407.21783), §3.4).
 */
function scaleTable(parameters: number): string[] {
  return [
    ...table(
      ['', 'XOR', 'this one', 'GPT-2', 'LLaMA 4 Maverick'],
      [
        [
          'parameters',
          whole(XOR_PARAMETERS),
          whole(parameters),
          countText(GPT2_PARAMETERS),
          countText(MAVERICK_PARAMETERS),
        ],
        [
          'times XOR',
          '1 x',
          timesXorText(parameters),
          timesXorText(GPT2_PARAMETERS),
          timesXorText(MAVERICK_PARAMETERS),
        ],
        ['layers', '2 dense', '5 with weights', '12 blocks', '48 blocks, 128 experts'],
        ['activation', 'sigmoid', 'gelu, swiglu', 'gelu', 'swiglu'],
        ['optimizer', 'sgd', 'adamw', 'adam (1)', 'adamw (2)'],
        ['loss', 'mse', 'cross-entropy', 'cross-entropy', 'cross-entropy'],
      ],
    ),
    '  (1) as its predecessor GPT; the paper of GPT-2 names none',
    '  (2) as LLaMA 3; Meta has named none for LLaMA 4',
    '',
    `  The chapter, ${CHAPTER}, says the`,
    '  largest is 10 billion times as large as XOR. But 400 billion parameters',
    '  divided by 9 is 44 billion.',
  ];
}

function gpt2(V: number, C: number, d: number, L: number): number {
  return V * d + C * d + L * (12 * d * d + 13 * d) + 2 * d;
}

const timesXorText = (parameters: number): string => `${countText(parameters / XOR_PARAMETERS)} x`;

/** '53,707', '124 million', '400 billion'. */
function countText(count: number): string {
  if (count >= 1e9) return `${whole(count / 1e9)} billion`;
  return count >= 1e6 ? `${whole(count / 1e6)} million` : whole(count);
}
