import { join } from 'node:path';
import { importModel } from '@gradloom/runtime';
import { beforeAll, describe, expect, test } from 'vitest';
import { maxError } from '../../../support/errors.ts';
import { bytePairFiles, piecesFiles, type TokenizerFiles, wordPieceFiles } from '../../../support/hugging-face.ts';
import { needs } from '../../../support/needs.ts';
import { python } from '../../../support/python.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const folder = temporaryFolder();

const gpt2 = { model_type: 'gpt2', n_embd: 8, n_layer: 2, n_head: 2, n_positions: 12, vocab_size: 270 };
const llama = {
  model_type: 'llama',
  hidden_size: 12,
  num_hidden_layers: 2,
  num_attention_heads: 6,
  intermediate_size: 20,
  num_key_value_heads: 2,
  max_position_embeddings: 16,
  vocab_size: 300,
  rms_norm_eps: 1e-5,
  rope_theta: 500,
  tie_word_embeddings: false,
  hidden_act: 'silu',
  head_dim: 4,
  eos_token_id: 2,
};
const bert = {
  model_type: 'bert',
  hidden_size: 8,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  intermediate_size: 12,
  max_position_embeddings: 10,
  vocab_size: 24,
  layer_norm_eps: 1e-12,
};
const llama3 = { rope_type: 'llama3', factor: 4, low_freq_factor: 1, high_freq_factor: 4 };

interface Case {
  readonly config: Record<string, unknown>;
  readonly files: TokenizerFiles;
  readonly dtype?: string;
  readonly shards?: number;
  readonly dropPrefix?: string;
}

const cases: Record<string, Case> = {
  'GPT-2': { config: { ...gpt2, layer_norm_epsilon: 1e-5, eos_token_id: 265 }, files: bytePairFiles() },
  'GPT-2 in floats without a prefix, in three files': {
    config: { ...gpt2, layer_norm_epsilon: 1e-6, n_inner: 20 },
    files: bytePairFiles(),
    dtype: 'float32',
    shards: 3,
    dropPrefix: 'transformer.',
  },
  Llama: { config: llama, files: piecesFiles() },
  'Llama 3 with scaled angles and a tied head': {
    config: { ...llama, tie_word_embeddings: true, rope_scaling: { ...llama3, original_max_position_embeddings: 20 } },
    files: piecesFiles(),
  },
  'Llama with slower angles in bfloat16': {
    config: { ...llama, rope_scaling: { rope_type: 'linear', factor: 2 } },
    files: piecesFiles(),
    dtype: 'bfloat16',
  },
  Mistral: { config: { ...llama, model_type: 'mistral', sliding_window: 4096 }, files: piecesFiles() },
  'Qwen 2': { config: { ...llama, model_type: 'qwen2', head_dim: undefined, hidden_size: 24 }, files: piecesFiles() },
  BERT: { config: bert, files: wordPieceFiles() },
  'BERT with classes': { config: { ...bert, id2label: { 0: 'bad', 1: 'good', 2: 'so so' } }, files: wordPieceFiles() },
};

const tokens = [
  [3, 7, 1, 23, 5, 2],
  [2, 11, 11, 0],
];

const prepared = Object.entries(cases).map(([name, { config, files, ...others }], k) => {
  const home = join(folder.path, String(k));
  folder.write(`${k}/config.json`, JSON.stringify(config));
  folder.write(`${k}/tokenizer.json`, JSON.stringify(files.tokenizer));
  folder.write(`${k}/tokenizer_config.json`, JSON.stringify(files.config));
  return { name, config, folder: home, tokens, ...others };
});

/** Rows of the same length, and their lengths. */
const padded = (T: number) => ({
  rows: tokens.map((row) => [...row, ...new Array<number>(T - row.length).fill(0)]),
  lengths: tokens.map((row) => row.length),
});

const limitOf = (dtype = 'float64'): number => (dtype === 'float64' ? 1e-9 : 1e-5);

describe('with PyTorch', needs('torch'), () => {
  let answers: (number[][][] | Record<string, number[]>[])[] = [];

  beforeAll(() => {
    answers = python('hugging_face.py', folder.write('cases.json', JSON.stringify(prepared))) as typeof answers;
  }, 240_000);

  test.each(prepared.map(({ name }, k) => [name, k] as const))(
    '%s computes what PyTorch computes',
    async (_name, k) => {
      const { config, folder: path, dtype } = prepared[k];
      if (config.model_type === 'bert') {
        const expected = answers[k] as Record<string, number[]>[];
        for (const pooling of [undefined, 'mean', 'pooler'] as const) {
          const model = await importModel(path, pooling === undefined ? {} : { pooling });
          const { rows, lengths } = padded(10);
          const name = pooling ?? (config.id2label === undefined ? 'mean' : 'classes');
          const y = model.outputs(Float64Array.from(rows.flat()), { lengths });
          const all = expected.flatMap((row) => row[name]);
          expect(maxError(y, all), name).toBeLessThan(limitOf(dtype));
        }
        return;
      }
      const model = await importModel(path);
      const [T, V] = [(config.n_positions ?? config.max_position_embeddings) as number, config.vocab_size as number];
      const { rows, lengths } = padded(T);
      const y = model.outputs(Float64Array.from(rows.flat()), { lengths });
      const expected = answers[k] as number[][][];
      for (const [n, row] of tokens.entries()) {
        expect(maxError(y.slice(n * T * V, (n * T + row.length) * V), expected[n].flat()), `row ${n}`).toBeLessThan(
          limitOf(dtype),
        );
      }
    },
  );
});
